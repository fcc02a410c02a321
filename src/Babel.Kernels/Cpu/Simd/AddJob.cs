using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>a + b.</summary>
internal readonly unsafe struct AddJob<TV>(TensorView a, TensorView b, TensorView output) : IJob
    where TV : unmanaged, ILanes<TV>
{
    // Items are runs of elements, not rows: shapes do not matter here.
    private readonly RowChunks _chunks = new(output.Count, 1);

    /// <summary>How many items there are.</summary>
    public int Items => _chunks.Items;

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint from = _chunks.Start(item), to = _chunks.Start(item + 1), whole = from + ((to - from) / TV.Count * TV.Count);
        Range<TV>(Operand.Floats(a), Operand.Floats(b), Operand.Floats(output), from, whole);
        Range<Lanes1>(Operand.Floats(a), Operand.Floats(b), Operand.Floats(output), whole, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Range<T>(float* a, float* b, float* y, nint from, nint to)
        where T : unmanaged, ILanes<T>
    {
        for (nint i = from; i < to; i += T.Count) T.Store(T.Load(a + i) + T.Load(b + i), y + i);
    }
}
