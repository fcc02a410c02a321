using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>From inner products to scores: the second to fourth line of <see cref="AttentionSpec"/>, without the mask.</summary>
internal readonly struct ScoreForm(AttentionSpec spec)
{
    private readonly float _scale = spec.Scale;
    private readonly float _cap = spec.SoftCap;
    private readonly float[]? _slopes = spec.AlibiSlopes;
    private readonly bool _rounded = spec.AlibiRoundedAndScaled;

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
