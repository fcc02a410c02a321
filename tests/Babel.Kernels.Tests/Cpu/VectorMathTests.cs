using Babel.Kernels.Cpu;
using Babel.Kernels.Cpu.Simd;
using Xunit;
using WideAvx2 = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes8>;
using WideAvx512 = Babel.Kernels.Cpu.Simd.Lanes16;
using WideScalar = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes1>>>>;
using WideVector128 = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes4>>;

namespace Babel.Kernels.Tests.Cpu;

public sealed class VectorMathTests
{
    public static TheoryData<string, double> Functions => new()
    {
        { "exp", 1.5 },
        { "exp2", 1 },
        { "tanh", 2.5 },
        { "erf", 2.5 },
        { "silu", 4 },
        { "gelu_erf", 8 },
        { "gelu_tanh", 160 },
        { "relu", 0 },
        { "soft_cap", 4 },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Function_OverItsWholeRange_IsWithinItsBound(string function, double bound)
    {
        var x = Samples();
        var y = Run(function, CpuSupport.Widest, x);
        double worst = 0;
        float at = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double error = Ulps(Exact(function, x[i]), y[i]);
            if (error <= worst) continue;
            (worst, at) = (error, x[i]);
        }

        Assert.True(worst <= bound, $"{function}({at:R}) is {worst:F2} ulp off, allowed {bound}");
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Function_OnEveryInstructionSet_GivesTheSameBits(string function, double bound)
    {
        Assert.True(bound >= 0);
        var x = Samples().Where((_, i) => i % 7 == 0).Concat([float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f]).ToArray();
        var expected = Run(function, CpuInstructionSet.Scalar, x);
        foreach (var set in CpuSupport.All.Where(set => CpuSupport.WhyNot(set) is null))
        {
            var found = Run(function, set, x);
            for (int i = 0; i < x.Length; i++)
            {
                if (float.IsNaN(expected[i]) && float.IsNaN(found[i])) continue;
                if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(found[i]))
                    Assert.Fail($"{function}({x[i]:R}) on {set}: {found[i]:R}, scalar {expected[i]:R}");
            }
        }
    }

    [Theory]
    [InlineData("exp", 0, float.PositiveInfinity)]
    [InlineData("exp2", 0, 1.7014118346046923e38f)]
    [InlineData("tanh", -1, 1)]
    [InlineData("erf", -1, 1)]
    [InlineData("silu", 0, float.PositiveInfinity)]
    [InlineData("gelu_erf", 0, float.PositiveInfinity)]
    [InlineData("gelu_tanh", 0, float.PositiveInfinity)]
    [InlineData("relu", 0, float.PositiveInfinity)]
    [InlineData("soft_cap", -30, 30)]
    public void Function_AtInfinityAndNaN_GoesToItsLimit(string function, float below, float above)
    {
        var y = Run(function, CpuSupport.Widest, [float.NegativeInfinity, float.PositiveInfinity, float.NaN, -1e30f, 1e30f]);
        Assert.Equal(below, y[0]);
        Assert.Equal(above, y[1]);
        Assert.Equal(float.NaN, y[2]);
        Assert.False(float.IsNaN(y[3]) || float.IsNaN(y[4]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(33)]
    public void Apply_AnyLength_TouchesItsElementsOnly(int length)
    {
        var x = CpuCase.Randoms(length, 1);
        var y = CpuCase.Filled(length + 2, 7f);
        ElementwiseLoop.Apply<WideAvx2, ExpFunction>(x, y.AsSpan(1, length));
        Assert.Equal(7f, y[0]);
        Assert.Equal(7f, y[^1]);
        for (int i = 0; i < length; i++) Assert.Equal(MathF.Exp(x[i]), y[i + 1], 1e-6f);
    }

    /// <summary>2^x over the range it is made for.</summary>
    private readonly struct Exp2Function : IElementwise
    {
        public static TV Apply<TV>(TV x, float parameter)
            where TV : unmanaged, ILanes<TV> => VectorMath.Exp2(TV.Select(TV.GreaterThan(x, TV.Create(127f)), TV.Create(127f), x));
    }

    private static float[] Run(string function, CpuInstructionSet set, float[] x) => set switch
    {
        CpuInstructionSet.Avx512 => Run<WideAvx512>(function, x),
        CpuInstructionSet.Avx2 => Run<WideAvx2>(function, x),
        CpuInstructionSet.Vector128 => Run<WideVector128>(function, x),
        _ => Run<WideScalar>(function, x),
    };

    private static float[] Run<TV>(string function, float[] x)
        where TV : unmanaged, ILanes<TV>
    {
        var y = new float[x.Length];
        switch (function)
        {
            case "exp": ElementwiseLoop.Apply<TV, ExpFunction>(x, y); break;
            case "exp2": ElementwiseLoop.Apply<TV, Exp2Function>(x, y); break;
            case "tanh": ElementwiseLoop.Apply<TV, TanhFunction>(x, y); break;
            case "erf": ElementwiseLoop.Apply<TV, ErfFunction>(x, y); break;
            case "silu": ElementwiseLoop.Apply<TV, SiluFunction>(x, y); break;
            case "gelu_erf": ElementwiseLoop.Apply<TV, GeluErfFunction>(x, y); break;
            case "gelu_tanh": ElementwiseLoop.Apply<TV, GeluTanhFunction>(x, y); break;
            case "relu": ElementwiseLoop.Apply<TV, ReluFunction>(x, y); break;
            default: ElementwiseLoop.Apply<TV, SoftCapFunction>(x, y, 30f); break;
        }

        return y;
    }

    private static double Exact(string function, double x) => function switch
    {
        "exp" => Math.Exp(x),
        "exp2" => Math.Pow(2, Math.Min(x, 127)),
        "tanh" => Math.Tanh(x),
        "erf" => Math.Abs(x) < 1 ? ErfSeries(x) : Math.CopySign(1 - Erfc(Math.Abs(x)), x),
        "silu" => x < 0 ? x * Math.Exp(x) / (1 + Math.Exp(x)) : x / (1 + Math.Exp(-x)),
        "gelu_erf" => x < 0 ? x * 0.5 * Erfc(-x / Math.Sqrt(2)) : x * (1 - (0.5 * Erfc(x / Math.Sqrt(2)))),
        "gelu_tanh" => GeluTanh(x),
        "relu" => Math.Max(x, 0),
        _ => 30 * Math.Tanh(x / 30),
    };

    private static double GeluTanh(double x)
    {
        double twice = 2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));
        return twice < 0 ? x * Math.Exp(twice) / (1 + Math.Exp(twice)) : x / (1 + Math.Exp(-twice));
    }

    private static double ErfSeries(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 60; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    // By the series below 2, by the continued fraction above (Abramowitz and Stegun 7.1.5, 7.1.14).
    private static double Erfc(double x)
    {
        if (x < 2) return 1 - ErfSeries(x);
        if (x > 27) return 0;
        double fraction = x;
        for (int n = 120; n > 0; n--) fraction = x + (n / 2.0 / fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }

    private static double Ulps(double exact, float found)
    {
        float rounded = (float)exact;
        if (rounded.Equals(found)) return 0;
        if (float.IsInfinity(rounded) && float.IsInfinity(found) && Math.Sign(rounded) == Math.Sign(found)) return 0;

        // Below the smallest normal number an ulp no longer shrinks.
        double ulp = Math.Max((double)MathF.BitIncrement(Math.Abs(rounded)) - Math.Abs(rounded), 1.0 / (1L << 62) / (1L << 62) / (1L << 1));
        return Math.Abs(exact - found) / ulp;
    }

    // Dense around zero and where the functions change, a grid of magnitudes of both signs everywhere else.
    private static float[] Samples()
    {
        var x = new List<float> { 0f, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue };
        for (int i = -160_000; i <= 160_000; i++) x.Add(i * 0.0007f);
        for (uint bits = 0x0080_0000; bits < 0x7F80_0000; bits += 99_991)
        {
            float v = BitConverter.UInt32BitsToSingle(bits);
            x.Add(v);
            x.Add(-v);
        }

        return [.. x];
    }
}
