using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

/// <summary>One call of an operator, compiled for every vector width; a struct, so that choosing the width costs one branch.</summary>
internal interface IWidthCall
{
    /// <summary>Runs it with the lanes of <typeparamref name="TV"/>.</summary>
    void Run<TV>(CpuDevice device, WorkerPool pool)
        where TV : unmanaged, ILanes<TV>;
}
