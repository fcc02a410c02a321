namespace Babel.Kernels.Cpu.Threading;

/// <summary>Runs the items of a job on a fixed set of threads; the caller is one of them.</summary>
internal sealed class WorkerPool(int threads) : IDisposable
{
    /// <summary>How many threads work, the caller included.</summary>
    public int Threads { get; } = threads;

    /// <summary>Runs items 0 .. <paramref name="items"/>-1 and returns when all are done.</summary>
    public void Run<TJob>(int items, in TJob job)
        where TJob : struct, IJob
    {
        for (int i = 0; i < items; i++) job.Run(i);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
