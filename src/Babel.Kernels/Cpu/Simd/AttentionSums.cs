using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The sums of one row over some keys, o, m and l of <see cref="AttentionBlock"/>, as <c>[o, filled up to 16 lanes][m][l]</c>; m in base 2.
/// </summary>
internal static unsafe class AttentionSums
{
    /// <summary>Floats of a row.</summary>
    public static nint Stride(nint headDim) => Wide(headDim) + 2;

    /// <summary>d, filled up.</summary>
    public static nint Wide(nint headDim) => (headDim + 15) & ~15;

    /// <summary>Before the first key.</summary>
    public static void Clear(float* sums, nint headDim)
    {
        new Span<float>(sums, (int)Stride(headDim)).Clear();
        sums[Wide(headDim)] = AttentionBlock.NoMaximum;
    }

    /// <summary>Joins the sums of the next block of keys to those before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Join<TV>(float* sums, float* block, nint headDim)
        where TV : unmanaged, ILanes<TV>
    {
        nint wide = Wide(headDim);
        TV before = TV.Create(sums[wide]), next = TV.Create(block[wide]), max = TV.Max(before, next);
        TV old = VectorMath.Exp2(before - max), now = VectorMath.Exp2(next - max);
        for (nint c = 0; c < wide; c += TV.Count)
            TV.Store(TV.Fma(TV.Load(block + c), now, TV.Load(sums + c) * old), sums + c);

        float* lanes = stackalloc float[TV.Count];
        TV.Store(TV.Fma(TV.Create(block[wide + 1]), now, TV.Create(sums[wide + 1]) * old), lanes);
        sums[wide + 1] = lanes[0];
        TV.Store(max, lanes);
        sums[wide] = lanes[0];
    }

    /// <summary>y = o / l. Adding 0 makes the zero of an empty product positive, whichever masked keys were multiplied in.</summary>
    public static void Finish(float* sums, nint headDim, float* y)
    {
        float inverse = 1 / sums[Wide(headDim) + 1];
        for (nint c = 0; c < headDim; c++) y[c] = MathF.FusedMultiplyAdd(sums[c], inverse, 0f);
    }
}
