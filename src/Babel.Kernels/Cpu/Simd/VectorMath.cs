using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Transcendental functions in float32 over any <see cref="ILanes{TSelf}"/>: the same bits on every vector width. Bounds are against float64
/// over the whole range and are held by the tests; an ulp is that of the result. Inf and NaN go where the function's limit goes.
/// </summary>
/// <remarks>
/// The polynomials are minimax fits (Remez exchange, 40 digits) made for this file. Arguments are reduced as in Cody and Waite,
/// "Software Manual for the Elementary Functions" (1980).
/// </remarks>
internal static class VectorMath
{
    /// <summary>e^x, within 1.5 ulp; subnormal results included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Exp<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        // e^x = 2^n e^r, n the nearest integer to x / ln 2; beyond the clamps the result is 0 or infinite anyway. NaN passes.
        x = TV.Select(TV.GreaterThan(x, TV.Create(89f)), TV.Create(89f), x);
        x = TV.Select(TV.GreaterThan(TV.Create(-105f), x), TV.Create(-105f), x);
        var n = TV.Round(x * TV.Create(1.44269504f));
        var r = TV.Fma(n, TV.Create(-0.693147182f), x);
        r = TV.Fma(n, TV.Create(1.90465430e-9f), r);

        var p = TV.Create(0.001381314788f);
        p = TV.Fma(p, r, TV.Create(0.008369419047f));
        p = TV.Fma(p, r, TV.Create(0.04166845674f));
        p = TV.Fma(p, r, TV.Create(0.1666651479f));
        p = TV.Fma(p, r, TV.Create(0.4999999305f));
        p = TV.Fma(r * r, p, r) + TV.Create(1f);
        return TV.TimesPow2(p, n);
    }

    /// <summary>2^x for x up to 127, within 1 ulp; subnormal results included, exactly 1 at 0. Cheaper than <see cref="Exp"/>: nothing has to be reduced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Exp2<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        // 2^x = 2^n 2^r, n the nearest integer; below the clamp the result is 0 anyway. NaN passes as the second operand.
        x = TV.Max(TV.Create(-160f), x);
        var n = TV.Round(x);
        var r = x - n;
        var p = TV.Create(0.0001559468153f);
        p = TV.Fma(p, r, TV.Create(0.00134066441f));
        p = TV.Fma(p, r, TV.Create(0.00961769297f));
        p = TV.Fma(p, r, TV.Create(0.05550310551f));
        p = TV.Fma(p, r, TV.Create(0.2402265278f));
        p = TV.Fma(p, r, TV.Create(0.693147215f));
        p = TV.Fma(p, r, TV.Create(1f));
        return TV.TimesPow2(p, n);
    }

    /// <summary>tanh x, within 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Tanh<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var z = x * x;
        var p = TV.Create(-0.005717498678f);
        p = TV.Fma(p, z, TV.Create(0.02065104601f));
        p = TV.Fma(p, z, TV.Create(-0.0537436614f));
        p = TV.Fma(p, z, TV.Create(0.1333149366f));
        p = TV.Fma(p, z, TV.Create(-0.3333328404f));
        var near = TV.Fma(x * z, p, x);

        var a = Abs(x);
        var far = TV.Create(1f) - (TV.Create(2f) / (Exp(a + a) + TV.Create(1f)));
        return TV.Select(TV.GreaterThan(a, TV.Create(0.625f)), CopySign(far, x), near);
    }

    /// <summary>erf x = 2/sqrt(pi) int_0^x e^(-t^2) dt, within 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Erf<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var a = Abs(x);
        var t = TV.Select(TV.GreaterThan(a, TV.Create(10f)), TV.Create(10f), a);
        var square = t * t;
        var rest = TV.Fma(t, t, TV.Create(0f) - square);
        var far = TV.Create(1f) - (ScaledErfc(t) * ExpOfNegative(square, rest));
        return TV.Select(TV.GreaterThan(a, TV.Create(ErfSplit)), CopySign(far, x), ErfNear(x));
    }

    /// <summary>SiLU, x / (1 + e^-x), within 4 ulp on both sides; 0 at minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Silu<TV>(TV x)
        where TV : unmanaged, ILanes<TV> => TimesSigmoid(x, x);

    /// <summary>
    /// GELU in its tanh form, within 160 ulp: that is far on the left, where the result is below 1e-20 and the rounding of u, 35 and more there,
    /// is what remains; x/2 (1 + tanh u) = x sigmoid(2u) keeps its digits where 1 + tanh u would cancel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV GeluTanh<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        const float TwoSqrt2OverPi = 1.59576912f;
        var cubic = TV.Fma(x * x, TV.Create(TwoSqrt2OverPi * 0.044715f), TV.Create(TwoSqrt2OverPi));
        return TimesSigmoid(x, x * cubic);
    }

    /// <summary>GELU, x Phi(x), within 8 ulp: on the left Phi(x) = erfc(-x/sqrt 2)/2, so that the tail keeps its digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV GeluErf<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var half = TV.Create(0.5f);
        var z = x * TV.Create(0.707106781f);
        var near = TV.Fma(half, ErfNear(z), half);

        // x^2/2 from x itself, in two parts: from the rounded z the tail would lose digits.
        var a = Abs(x);
        var t = TV.Select(TV.GreaterThan(a, TV.Create(14.5f)), TV.Create(14.5f), a);
        var square = t * t;
        var rest = TV.Fma(t, t, TV.Create(0f) - square);
        var tail = half * ScaledErfc(t * TV.Create(0.707106781f)) * ExpOfNegative(half * square, half * rest);
        var far = TV.Select(TV.GreaterThan(x, TV.Create(0f)), TV.Create(1f) - tail, tail);

        var phi = TV.Select(TV.GreaterThan(Abs(z), TV.Create(ErfSplit)), far, near);
        return NotBelow(x, -15f) * phi;
    }

    /// <summary>max(x, 0); NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Relu<TV>(TV x)
        where TV : unmanaged, ILanes<TV> => NotBelow(x, 0f);

    /// <summary>|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Abs<TV>(TV x)
        where TV : unmanaged, ILanes<TV> => TV.And(x, FromBits<TV>(0x7FFF_FFFFu));

    /// <summary>
    /// The float32 value of the IEEE binary16 in the high 16 bits of each lane, whatever the low ones hold. Exact: subnormals, infinities and
    /// NaN included.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV FromHalf<TV>(TV bits)
        where TV : unmanaged, ILanes<TV>
    {
        // The largest exponent, infinities and NaN, stays the largest.
        var magnitude = HalfMagnitude(bits);
        var special = TV.GreaterThan(magnitude, FromBits<TV>(0x0F7F_FFFFu));
        return TV.Select(special, TV.Or(TV.Or(magnitude, FromBits<TV>(0x7F80_0000u)), Sign(bits)), FromFiniteHalf(bits));
    }

    /// <summary><see cref="FromHalf"/> for values known to be neither infinite nor NaN: half the work.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV FromFiniteHalf<TV>(TV bits)
        where TV : unmanaged, ILanes<TV>
    {
        // Exponent and mantissa in their places, and the exponent rebiased from 15 to 127. Where it was zero (zero and subnormals, m 2^-24)
        // that makes n = 2^-15 (1 + m/1024), of which 2n - 2^-14 is right; and 2n - 2^-14 is the smaller of the two just there. No
        // subnormal float is computed with, which would be slow on some processors.
        var normal = TV.SubtractInts(HalfMagnitude(bits), FromBits<TV>(unchecked((uint)-(112 << 23))));
        var small = TV.Fma(normal, TV.Create(2f), TV.Create(-6.103515625e-5f));
        return TV.Or(TV.Min(normal, small), Sign(bits));
    }

    /// <summary>The lanes of a bit pattern.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV FromBits<TV>(uint bits)
        where TV : unmanaged, ILanes<TV> => TV.Create(BitConverter.UInt32BitsToSingle(bits));

    private const float ErfSplit = 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV CopySign<TV>(TV magnitude, TV sign)
        where TV : unmanaged, ILanes<TV> => TV.Or(magnitude, Sign(sign));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Sign<TV>(TV x)
        where TV : unmanaged, ILanes<TV> => TV.And(x, FromBits<TV>(0x8000_0000u));

    /// <summary>Exponent and mantissa of a binary16 where those of a binary32 are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV HalfMagnitude<TV>(TV bits)
        where TV : unmanaged, ILanes<TV> => TV.And(TV.ShiftRight(bits, 3), FromBits<TV>(0x0FFF_E000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV NotBelow<TV>(TV x, float least)
        where TV : unmanaged, ILanes<TV> => TV.Select(TV.GreaterThan(TV.Create(least), x), TV.Create(least), x);

    /// <summary>x / (1 + e^-t), with the exponential never above 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV TimesSigmoid<TV>(TV x, TV t)
        where TV : unmanaged, ILanes<TV>
    {
        var e = Exp(TV.Create(0f) - Abs(t));
        var numerator = TV.Select(TV.GreaterThan(TV.Create(0f), t), NotBelow(x, -1000f) * e, x);
        return numerator / (TV.Create(1f) + e);
    }

    /// <summary>erf for |x| up to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ErfNear<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var z = x * x;
        var p = TV.Create(7.88913209e-5f);
        p = TV.Fma(p, z, TV.Create(-0.0008020845283f));
        p = TV.Fma(p, z, TV.Create(0.005189535819f));
        p = TV.Fma(p, z, TV.Create(-0.02685444486f));
        p = TV.Fma(p, z, TV.Create(0.1128360018f));
        p = TV.Fma(p, z, TV.Create(-0.3761262714f));
        p = TV.Fma(p, z, TV.Create(0.1283791659f));
        return TV.Fma(x, p, x);
    }

    /// <summary>
    /// e^(t^2) erfc(t) for t from 1 to 10.2: (1 + 2t) times it is smooth in u = (t-2)/(t+2) (the substitution of Shepherd and Laframboise 1981,
    /// Math. Comp. 36(153)).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ScaledErfc<TV>(TV t)
        where TV : unmanaged, ILanes<TV>
    {
        var u = (t - TV.Create(2f)) / (t + TV.Create(2f));
        var p = TV.Create(-0.001508759732f);
        p = TV.Fma(p, u, TV.Create(0.001099344294f));
        p = TV.Fma(p, u, TV.Create(0.008767424143f));
        p = TV.Fma(p, u, TV.Create(-0.00801270968f));
        p = TV.Fma(p, u, TV.Create(-0.05422593483f));
        p = TV.Fma(p, u, TV.Create(0.1640502702f));
        p = TV.Fma(p, u, TV.Create(-0.1660301763f));
        p = TV.Fma(p, u, TV.Create(-0.09276381209f));
        p = TV.Fma(p, u, TV.Create(1.27697838f));
        return p / TV.Fma(TV.Create(2f), t, TV.Create(1f));
    }

    /// <summary>e^-(high + low) for a small low.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ExpOfNegative<TV>(TV high, TV low)
        where TV : unmanaged, ILanes<TV>
    {
        var e = Exp(TV.Create(0f) - high);
        return TV.Fma(TV.Create(0f) - low, e, e);
    }
}
