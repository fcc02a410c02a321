// Transcendental functions in float32 from additions, multiplications and fma alone, by the formulas of the CPU device (VectorMath): the same
// coefficients, the same order of operations, so errors are known: e^x within 1.5 ulp, tanh and erf 2.5, SiLU 4, GELU 8. No library function
// is called, whose errors would be those of a driver. Arguments are reduced as in Cody and Waite, "Software Manual for the Elementary
// Functions" (1980).

FUNCTION real v_abs(real x) { return AS_REAL(AS_INTS(x) & SPLAT_INT(0x7FFFFFFF)); }

FUNCTION real v_sign_of(real magnitude, real sign)
{
    return AS_REAL(AS_INTS(magnitude) | (AS_INTS(sign) & SPLAT_INT((int)0x80000000)));
}

// To the nearest integer, ties to even, for |x| below 2^22: adding 1.5 * 2^23 leaves no room for a fraction.
FUNCTION real v_round(real x) { return (x + SPLAT(12582912.0f)) - SPLAT(12582912.0f); }

// 2^n for integers n from -126 to 127: n + 127 lands in the low bits of 2^23 + 127 + n, from where it is moved to the exponent.
FUNCTION real v_pow2(real n) { return AS_REAL(AS_INTS(n + SPLAT(8388608.0f + 127.0f)) << 23); }

FUNCTION real v_not_below(real x, float least) { return SELECT(SPLAT(least) > x, SPLAT(least), x); }

// e^r - 1 for |r| up to ln(2)/2.
FUNCTION real v_expm1_near(real r)
{
    real p = SPLAT(0.001381314788f);
    p = FMA(p, r, SPLAT(0.008369419047f));
    p = FMA(p, r, SPLAT(0.04166845674f));
    p = FMA(p, r, SPLAT(0.1666651479f));
    p = FMA(p, r, SPLAT(0.4999999305f));
    return FMA(r * r, p, r);
}

// x = n ln 2 + r; returns n. ln 2 in two parts, so that r keeps its digits.
FUNCTION real v_reduce(real x, real* r)
{
    real n = v_round(x * SPLAT(1.44269504f));
    real near = FMA(n, SPLAT(-0.693147182f), x);
    *r = FMA(n, SPLAT(1.90465430e-9f), near);
    return n;
}

FUNCTION real v_exp(real x)
{
    // Beyond the clamps the result is 0 or infinite anyway. NaN passes.
    x = SELECT(x > SPLAT(89.0f), SPLAT(89.0f), x);
    x = SELECT(SPLAT(-105.0f) > x, SPLAT(-105.0f), x);
    real r;
    real n = v_reduce(x, &r);
    real p = v_expm1_near(r) + SPLAT(1.0f);

    // In two factors, so that subnormal results are rounded once and 2^128 is never needed.
    real low = v_round(n * SPLAT(0.5f));
    return p * v_pow2(low) * v_pow2(n - low);
}

// e^x - 1 with all its digits, for |x| up to 60; beyond, e^60 and -1.
FUNCTION real v_expm1(real x)
{
    x = SELECT(x > SPLAT(60.0f), SPLAT(60.0f), x);
    x = SELECT(SPLAT(-60.0f) > x, SPLAT(-60.0f), x);
    real r;
    real scale = v_pow2(v_reduce(x, &r));
    return FMA(scale, v_expm1_near(r), scale - SPLAT(1.0f));
}

FUNCTION real v_tanh(real x)
{
    real z = x * x;
    real p = SPLAT(-0.005717498678f);
    p = FMA(p, z, SPLAT(0.02065104601f));
    p = FMA(p, z, SPLAT(-0.0537436614f));
    p = FMA(p, z, SPLAT(0.1333149366f));
    p = FMA(p, z, SPLAT(-0.3333328404f));
    real near = FMA(x * z, p, x);

    real a = v_abs(x);
    real far = SPLAT(1.0f) - (SPLAT(2.0f) / (v_exp(a + a) + SPLAT(1.0f)));
    return SELECT(a > SPLAT(0.625f), v_sign_of(far, x), near);
}

// erf for |x| up to 1.
FUNCTION real v_erf_near(real x)
{
    real z = x * x;
    real p = SPLAT(7.88913209e-5f);
    p = FMA(p, z, SPLAT(-0.0008020845283f));
    p = FMA(p, z, SPLAT(0.005189535819f));
    p = FMA(p, z, SPLAT(-0.02685444486f));
    p = FMA(p, z, SPLAT(0.1128360018f));
    p = FMA(p, z, SPLAT(-0.3761262714f));
    p = FMA(p, z, SPLAT(0.1283791659f));
    return FMA(x, p, x);
}

// e^(t^2) erfc(t) for t from 1 to 10.2: (1 + 2t) times it is smooth in u = (t-2)/(t+2) (Shepherd and Laframboise 1981, Math. Comp. 36(153)).
FUNCTION real v_scaled_erfc(real t)
{
    real u = (t - SPLAT(2.0f)) / (t + SPLAT(2.0f));
    real p = SPLAT(-0.001508759732f);
    p = FMA(p, u, SPLAT(0.001099344294f));
    p = FMA(p, u, SPLAT(0.008767424143f));
    p = FMA(p, u, SPLAT(-0.00801270968f));
    p = FMA(p, u, SPLAT(-0.05422593483f));
    p = FMA(p, u, SPLAT(0.1640502702f));
    p = FMA(p, u, SPLAT(-0.1660301763f));
    p = FMA(p, u, SPLAT(-0.09276381209f));
    p = FMA(p, u, SPLAT(1.27697838f));
    return p / FMA(SPLAT(2.0f), t, SPLAT(1.0f));
}

// e^-(high + low) for a small low.
FUNCTION real v_exp_of_negative(real high, real low)
{
    real e = v_exp(SPLAT(0.0f) - high);
    return FMA(SPLAT(0.0f) - low, e, e);
}

// x / (1 + e^-t), with the exponential never above 1.
FUNCTION real v_times_sigmoid(real x, real t)
{
    real e = v_exp(SPLAT(0.0f) - v_abs(t));
    real numerator = SELECT(SPLAT(0.0f) > t, v_not_below(x, -1000.0f) * e, x);
    return numerator / (SPLAT(1.0f) + e);
}

FUNCTION real v_gelu_tanh(real x)
{
    // x/2 (1 + tanh u) = x sigmoid(2u) keeps its digits where 1 + tanh u would cancel; 2 sqrt(2/pi) = 1.5957...
    real cubic = FMA(x * x, SPLAT(1.59576912f * 0.044715f), SPLAT(1.59576912f));
    return v_times_sigmoid(x, x * cubic);
}

FUNCTION real v_gelu_erf(real x)
{
    real z = x * SPLAT(0.707106781f);
    real near = FMA(SPLAT(0.5f), v_erf_near(z), SPLAT(0.5f));

    // x^2/2 from x itself, in two parts: from the rounded z the tail would lose digits.
    real a = v_abs(x);
    real t = SELECT(a > SPLAT(14.5f), SPLAT(14.5f), a);
    real square = t * t;
    real rest = FMA(t, t, SPLAT(0.0f) - square);
    real tail = SPLAT(0.5f) * v_scaled_erfc(t * SPLAT(0.707106781f)) * v_exp_of_negative(SPLAT(0.5f) * square, SPLAT(0.5f) * rest);
    real far = SELECT(x > SPLAT(0.0f), SPLAT(1.0f) - tail, tail);
    real phi = SELECT(v_abs(z) > SPLAT(1.0f), far, near);
    return v_not_below(x, -15.0f) * phi;
}

FUNCTION real v_soft_cap(real x, float cap) { return SPLAT(cap) * v_tanh(x / SPLAT(cap)); }

// sigma(x); the numbers are those of ActivationKind.
FUNCTION real v_activate(real x, int kind, float parameter)
{
    if (kind == 0) return x;
    if (kind == 1) return v_not_below(x, 0.0f);
    if (kind == 2) return v_times_sigmoid(x, x);
    if (kind == 3) return v_gelu_erf(x);
    if (kind == 4) return v_gelu_tanh(x);
    return v_soft_cap(x, parameter);
}

FUNCTION float exp_one(float x) { return lane(v_exp(SPLAT(x)), 0); }

// ln x for normal x > 0: x = m 2^e with m from 1/sqrt 2 to sqrt 2, and ln m = 2 artanh s, s = (m-1)/(m+1), |s| below 0.172, by its series to
// s^9; what is cut off is below 2e-9 of the result.
FUNCTION float log_one(float x)
{
    int bits = (int)BITS_OF(x) - 0x3F3504F3;
    int e = bits >> 23;
    float m = FROM_BITS((uint)((bits & 0x7FFFFF) + 0x3F3504F3));
    float s = (m - 1.0f) / (m + 1.0f);
    float z = s * s;
    float p = 0.222222222f;
    p = p * z + 0.285714286f;
    p = p * z + 0.4f;
    p = p * z + 0.666666667f;
    float tail = s * z * p;
    return (float)e * 0.693147181f + (2.0f * s + tail);
}
