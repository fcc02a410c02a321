using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>From inner products to scores: the second to fourth line of <see cref="AttentionSpec"/>, without the mask.</summary>
internal readonly struct ScoreForm(AttentionSpec spec)
{
    private readonly float _scale = spec.Scale;
    private readonly float _cap = spec.SoftCap;
    private readonly float[]? _slopes = spec.AlibiSlopes;
    private readonly bool _rounded = spec.AlibiRoundedAndScaled;

    /// <summary>log2 e: weights are powers of two, e^s = 2^(s log2 e).</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>
    /// Whether scores are nothing but a positive multiple of inner products. Then the largest product has the largest score, and
    /// <see cref="Factor"/> can wait until the exponential.
    /// </summary>
    public bool IsPlain => _cap <= 0 && _slopes is null && _scale > 0;

    /// <summary>From a product (a finished score, unless <see cref="IsPlain"/>) to the base-2 logarithm of its weight.</summary>
    public float Factor => IsPlain ? (float)(_scale * 1.4426950408889634) : Log2E;

    /// <summary>The slope of a head as <see cref="Finish"/> wants it; 0 without ALiBi.</summary>
    public float Slope(int head)
    {
        if (_slopes is null) return 0;
        return _rounded ? DTypes.FromBFloat16(DTypes.ToBFloat16(_slopes[head])) : _slopes[head];
    }

    /// <summary>The scores of keys at position <paramref name="key"/> for heads of slope <paramref name="slope"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TV Finish<TV>(TV dot, TV slope, TV key)
        where TV : unmanaged, ILanes<TV>
    {
        var s = dot * TV.Create(_scale);
        if (_cap > 0) s = SoftCapFunction.Apply(s, _cap);
        if (_slopes is null) return s;
        return _rounded
            ? TV.Fma(TV.Create(_scale), RoundToBrain(slope * RoundToBrain(key)), s)
            : TV.Fma(slope, key, s);
    }

    /// <summary>To BF16 and back, to nearest, ties to even; finite values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV RoundToBrain<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var odd = TV.And(TV.ShiftRight(x, 16), VectorMath.FromBits<TV>(1u));
        var up = TV.SubtractInts(VectorMath.FromBits<TV>(0x7FFFu), TV.SubtractInts(TV.Create(0f), odd));
        var sum = TV.SubtractInts(x, TV.SubtractInts(TV.Create(0f), up));
        return TV.And(sum, VectorMath.FromBits<TV>(0xFFFF_0000u));
    }
}
