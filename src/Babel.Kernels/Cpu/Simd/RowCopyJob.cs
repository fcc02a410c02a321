using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Copies rows: <c>output[to[i]] = x[from[i]]</c>, an absent list standing for i itself.</summary>
internal readonly unsafe struct RowCopyJob(TensorView x, TensorView? from, TensorView? to, TensorView output, string operand) : IJob
{
    private readonly RowChunks _chunks = new((from ?? to)?.Count ?? x.Shape.Rows, x.Shape.Columns);

    /// <summary>How many items there are.</summary>
    public int Items => _chunks.Items;

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint n = (nint)x.Shape.Columns;
        for (nint i = _chunks.Start(item); i < _chunks.Start(item + 1); i++)
        {
            nint source = from is { } f ? RowIndex.Checked(Operand.Ints(f)[i], x.Shape.Rows, i, operand) : i;
            nint target = to is { } t ? RowIndex.Checked(Operand.Ints(t)[i], output.Shape.Rows, i, operand) : i;
            new ReadOnlySpan<float>(Operand.Floats(x) + (source * n), (int)n).CopyTo(new Span<float>(Operand.Floats(output) + (target * n), (int)n));
        }
    }
}
