using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>The rotation of <see cref="IOps.Rope"/>, a pair of dimensions a lane.</summary>
internal readonly unsafe struct RopeJob<TV>(TensorView x, int headDim, RotaryTable rotary, TensorView output) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private readonly RowChunks _chunks = new(x.Shape.Rows, x.Shape.Columns);

    /// <summary>How many items there are.</summary>
    public int Items => _chunks.Items;

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint n = (nint)x.Shape.Columns, half = (nint)rotary.Cos.Shape.Columns, rest = headDim - (2 * half);
        nint whole = half / TV.Count * TV.Count;
        float* source = Operand.Floats(x), destination = Operand.Floats(output);
        int* rows = Operand.Ints(rotary.Rows);
        for (nint row = _chunks.Start(item); row < _chunks.Start(item + 1); row++)
        {
            nint position = RowIndex.Checked(rows[row], rotary.Cos.Shape.Rows, row, "Rope: rotary rows");
            float* cos = Operand.Floats(rotary.Cos) + (position * half);
            float* sin = Operand.Floats(rotary.Sin) + (position * half);
            for (nint head = 0; head < n; head += headDim)
            {
                float* from = source + (row * n) + head;
                float* to = destination + (row * n) + head;
                Turn<TV>(from, to, cos, sin, half, 0, whole);
                Turn<Lanes1>(from, to, cos, sin, half, whole, half);
                if (from != to) new ReadOnlySpan<float>(from + (2 * half), (int)rest).CopyTo(new Span<float>(to + (2 * half), (int)rest));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn<T>(float* x, float* y, float* cos, float* sin, nint half, nint from, nint to)
        where T : unmanaged, ILanes<T>
    {
        var zero = T.Create(0f);
        for (nint j = from; j < to; j += T.Count)
        {
            T a = T.Load(x + j), b = T.Load(x + half + j), c = T.Load(cos + j), s = T.Load(sin + j);
            T.Store(T.Fma(a, c, zero - (b * s)), y + j);
            T.Store(T.Fma(b, c, a * s), y + half + j);
        }
    }
}
