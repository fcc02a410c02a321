namespace Babel.Kernels.Cpu.Threading;

/// <summary>Independent work items 0 .. n-1 of one operator call; a struct, so that calling it costs nothing.</summary>
internal interface IJob
{
    /// <summary>Does item <paramref name="item"/>. Runs on any thread; items must not depend on each other or on who runs them.</summary>
    void Run(int item);
}
