using Babel.Kernels.Cpu;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class EpilogueTests
{
    private const int M = 61, N = 107, K = 300;

    public static TheoryData<string> Devices => CpuCase.Devices;

    public static TheoryData<string, ActivationKind> Cases
    {
        get
        {
            var cases = new TheoryData<string, ActivationKind>();
            foreach (string device in (string[])["cpu", "cpu:scalar"])
                foreach (var kind in Enum.GetValues<ActivationKind>()) cases.Add(device, kind);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Linear_EveryStep_HappensInTheContractsOrder(string name, ActivationKind kind)
    {
        using var all = new Operands(name, 2);
        var activation = new Activation(kind, 3f);
        using var pre = all.Device.Allocate(new Shape(M, N));
        using var post = all.Device.Allocate(new Shape(M, N));
        var found = CpuCase.Linear(all.Device, all.X, all.Weight, M, N, K, new Epilogue
        {
            Bias = all.Bias,
            Pre = new NeuronTap(pre),
            Activation = activation,
            Gate = all.Gate,
            Scale = all.Scale,
            Post = new NeuronTap(post),
            Residual = all.Residual,
        });

        var product = CpuCase.Product(all.X, all.W, M, N, K);
        double[] atPre = new double[M * N], atPost = new double[M * N], stored = new double[M * N];
        var (gate, residual) = (all.Device.ToFloats(all.Gate), all.Device.ToFloats(all.Residual));
        for (int i = 0; i < M * N; i++)
        {
            atPre[i] = product[i] + all.BiasValues[i % N];
            atPost[i] = all.ScaleValues[i % N] == 0 ? 0 : Sigma(activation, atPre[i]) * gate[i] * all.ScaleValues[i % N];
            stored[i] = atPost[i] + residual[i];
        }

        CpuCase.AssertClose(atPre, all.Device.ToFloats(pre), 1e-4);
        CpuCase.AssertClose(atPost, all.Device.ToFloats(post), 1e-4);
        CpuCase.AssertClose(stored, found, 1e-4);
    }

    [Fact]
    public void Linear_WithTaps_StoresTheBitsItStoresWithout()
    {
        using var all = new Operands("cpu", 2);
        using var values = all.Device.Allocate(new Shape(M, N));
        using var others = all.Device.Allocate(new Shape(M, N));
        using TapStats stats = new(all.Device, 3, N), otherStats = new(all.Device, 3, N);
        var layout = SequenceLayout.Packed([20, 1, 40]);
        var plain = new Epilogue { Bias = all.Bias, Activation = new(ActivationKind.Silu), Gate = all.Gate, Scale = all.Scale, Residual = all.Residual };
        var expected = CpuCase.Linear(all.Device, all.X, all.Weight, M, N, K, plain);
        var tapped = plain with { Pre = new NeuronTap(values, stats, layout), Post = new NeuronTap(others, otherStats, layout) };
        Assert.Equal(expected, CpuCase.Linear(all.Device, all.X, all.Weight, M, N, K, tapped));
    }

    [Fact]
    public void Linear_ScaleOfZero_StoresPlusZeroWhateverTheProductIs()
    {
        using var device = CpuCase.Open("cpu");
        using var weight = CpuCase.Weight(device, [1f, float.NaN, float.PositiveInfinity, -1f], 4, 1);
        using var scale = device.FromFloats([0f, 0f, 0f, -0f], new Shape(4));
        var found = CpuCase.Linear(device, [1f], weight, 1, 4, 1, new Epilogue { Scale = scale.View });
        Assert.All(found, v => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(v)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Linear_OutputIsGateOrResidual_GivesTheSameBits(bool residual)
    {
        using var all = new Operands("cpu", 2);
        var operand = residual ? all.Residual : all.Gate;
        Epilogue With(TensorView view) => residual ? new Epilogue { Residual = view } : new Epilogue { Gate = view };
        var expected = CpuCase.Linear(all.Device, all.X, all.Weight, M, N, K, With(operand));
        using var x = all.Device.FromFloats(all.X, new Shape(M, K));
        all.Device.Ops.Linear(x, all.Weight, operand, With(operand));
        Assert.Equal(expected, all.Device.ToFloats(operand));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void GatedLinear_EveryStep_MatchesItsFormula(string name)
    {
        using var all = new Operands(name, 2);
        var upValues = CpuCase.Randoms(N * K, 20, 0.1f);
        using var up = CpuCase.Weight(all.Device, upValues, N, K, DType.F32);
        using var x = all.Device.FromFloats(all.X, new Shape(M, K));
        using var output = all.Device.Allocate(new Shape(M, N));
        using var gatePre = all.Device.Allocate(new Shape(M, N));
        using var upPre = all.Device.Allocate(new Shape(M, N));
        using var post = all.Device.Allocate(new Shape(M, N));
        var epilogue = new GatedEpilogue
        {
            GateBias = all.Bias,
            UpBias = all.Scale,
            Activation = new(ActivationKind.Silu),
            Scale = all.Scale,
            GatePre = new NeuronTap(gatePre),
            UpPre = new NeuronTap(upPre),
            Post = new NeuronTap(post),
        };
        all.Device.Ops.GatedLinear(x, all.Weight, up, output, epilogue);

        double[] g = CpuCase.Product(all.X, all.W, M, N, K), u = CpuCase.Product(all.X, upValues, M, N, K), h = new double[M * N];
        for (int i = 0; i < h.Length; i++)
        {
            float scale = all.ScaleValues[i % N];
            g[i] += all.BiasValues[i % N];
            u[i] += scale;
            h[i] = scale == 0 ? 0 : Sigma(epilogue.Activation, g[i]) * u[i] * scale;
        }

        CpuCase.AssertClose(g, all.Device.ToFloats(gatePre), 1e-4);
        CpuCase.AssertClose(u, all.Device.ToFloats(upPre), 1e-4);
        CpuCase.AssertClose(h, all.Device.ToFloats(post), 1e-4);
        var expected = all.Device.ToFloats(post);
        Assert.Equal(expected, all.Device.ToFloats(output));

        // Without taps, and as two products with a gate, the same bits.
        all.Device.Ops.GatedLinear(x, all.Weight, up, output, epilogue with { GatePre = null, UpPre = null, Post = null });
        Assert.Equal(expected, all.Device.ToFloats(output));
        all.Device.Ops.Linear(x, up, upPre, new Epilogue { Bias = all.Scale });
        all.Device.Ops.Linear(
            x, all.Weight, output, new Epilogue { Bias = all.Bias, Activation = epilogue.Activation, Gate = upPre.View, Scale = all.Scale });
        Assert.Equal(expected, all.Device.ToFloats(output));
    }

    private static double Sigma(Activation activation, double x) => activation.Kind switch
    {
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        ActivationKind.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        ActivationKind.GeluErf => x * NormalDistribution(x),
        ActivationKind.SoftCap => activation.Parameter * Math.Tanh(x / activation.Parameter),
        _ => x,
    };

    // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...), Abramowitz and Stegun 26.2.11.
    private static double NormalDistribution(double x)
    {
        double term = x, sum = x;
        for (int n = 3; n < 200; n += 2)
        {
            term *= x * x / n;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }

    /// <summary>One product's operands on a device.</summary>
    private sealed class Operands : IDisposable
    {
        private readonly Tensor _bias, _gate, _scale, _residual;

        public Operands(string name, int threads)
        {
            Device = CpuCase.Open(name, threads);
            X = CpuCase.Randoms(M * K, 10);
            W = CpuCase.Randoms(N * K, 11, 0.3f);
            Weight = CpuCase.Weight(Device, W, N, K);
            BiasValues = CpuCase.Randoms(N, 12);
            ScaleValues = CpuCase.Randoms(N, 13);
            for (int j = 0; j < N; j += 5) ScaleValues[j] = 0;
            _bias = Device.FromFloats(BiasValues, new Shape(N));
            _scale = Device.FromFloats(ScaleValues, new Shape(N));
            _gate = Device.FromFloats(CpuCase.Randoms(M * N, 14), new Shape(M, N));
            _residual = Device.FromFloats(CpuCase.Randoms(M * N, 15), new Shape(M, N));
        }

        public CpuDevice Device { get; }

        public float[] X { get; }

        public float[] W { get; }

        public float[] BiasValues { get; }

        public float[] ScaleValues { get; }

        public Weight Weight { get; }

        public TensorView Bias => _bias;

        public TensorView Gate => _gate;

        public TensorView Scale => _scale;

        public TensorView Residual => _residual;

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[_bias, _gate, _scale, _residual]) tensor.Dispose();
            Weight.Dispose();
            Device.Dispose();
        }
    }
}
