using Babel.Kernels.Errors;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Oracle;

/// <summary>The oracle against numbers worked out by hand.</summary>
public sealed class ReferenceOpsTests : IDisposable
{
    private readonly ReferenceDevice _device = new();

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 0.4795001221869535)]
    [InlineData(1, 0.15729920705028513)]
    [InlineData(-1, 1.8427007929497148)]
    [InlineData(2, 0.004677734981047266)]
    [InlineData(3, 2.209049699858544e-5)]
    [InlineData(5, 1.5374597944280349e-12)]
    [InlineData(10, 2.088487583762545e-45)]
    public void Erfc_KnownValue_Matches(double x, double expected) =>
        Assert.InRange(ReferenceMath.Erfc(x) / expected, 1 - 2e-13, 1 + 2e-13);

    [Fact]
    public void Norm_Rms_ByHand()
    {
        using var x = _device.FromFloats([3, 4], new Shape(1, 2));
        using var w = _device.FromFloats([2, 1], new Shape(2));
        _device.Ops.Norm(NormKind.Rms, x, w, null, 0, x);
        Assert.Equal([6 / Math.Sqrt(12.5), 4 / Math.Sqrt(12.5)], _device.ToDoubles(x), Close);
    }

    [Fact]
    public void Norm_Layer_ByHand()
    {
        using var x = _device.FromFloats([1, 2, 3], new Shape(1, 3));
        using var w = _device.FromFloats([1, 1, 2], new Shape(3));
        using var b = _device.FromFloats([0, 5, 0], new Shape(3));
        _device.Ops.Norm(NormKind.Layer, x, w, b, 0, x);
        Assert.Equal([-Math.Sqrt(1.5), 5, 2 * Math.Sqrt(1.5)], _device.ToDoubles(x), Close);
    }

    [Fact]
    public void Linear_EveryStep_ByHand()
    {
        using var x = _device.FromFloats([1, 2], new Shape(1, 2));
        using var w = _device.CreateWeight(DType.F32, 2, 2, "w");
        w.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([3, 4, 5, 6]));
        using var bias = _device.FromFloats([-12, 1], new Shape(2));
        using var gate = _device.FromFloats([7, 10], new Shape(1, 2));
        using var scale = _device.FromFloats([5, 0.5f], new Shape(2));
        using var residual = _device.FromFloats([100, 1000], new Shape(1, 2));
        using var pre = _device.Allocate(new Shape(1, 2));
        using var post = _device.Allocate(new Shape(1, 2));
        using var y = _device.Allocate(new Shape(1, 2));
        var epilogue = new Epilogue
        {
            Bias = bias, Pre = new NeuronTap(pre), Activation = new(ActivationKind.Relu), Gate = gate, Scale = scale, Post = new NeuronTap(post), Residual = residual,
        };
        _device.Ops.Linear(x, w, y, epilogue);
        Assert.Equal([-1, 18], _device.ToDoubles(pre));
        Assert.Equal([0, 90], _device.ToDoubles(post));
        Assert.Equal([100, 1090], _device.ToDoubles(y));
    }

    [Fact]
    public void Linear_ScaleZero_SwitchesInfinityOff()
    {
        using var x = _device.FromFloats([float.PositiveInfinity], new Shape(1, 1));
        using var w = _device.CreateWeight(DType.F32, 1, 1, "w");
        w.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([-1]));
        using var off = _device.FromFloats([0], new Shape(1));
        using var y = _device.Allocate(new Shape(1, 1));
        _device.Ops.Linear(x, w, y, new Epilogue { Scale = off });
        Assert.Equal(0L, BitConverter.DoubleToInt64Bits(_device.ToDoubles(y)[0]));
    }

    [Fact]
    public void Attention_TwoTokens_ByHand()
    {
        // Token 1: scores 2*1*1 = 2 and 2*1*0 = 0.
        using var q = _device.FromFloats([9, 1], new Shape(2, 1));
        using var k = _device.FromFloats([1, 0], new Shape(2, 1));
        using var v = _device.FromFloats([10, 20], new Shape(2, 1));
        using var y = _device.Allocate(new Shape(2, 1));
        using var a = _device.Allocate(new Shape(1, 2, 2));
        var spec = new AttentionSpec { Heads = 1, KvHeads = 1, HeadDim = 1, Scale = 2 };
        _device.Ops.Attention(q, k, v, y, spec, SequenceLayout.Packed([2]), null, a);
        double p = 1 / (1 + Math.Exp(-2));
        Assert.Equal([1, 0, p, 1 - p], _device.ToDoubles(a), Close);
        Assert.Equal([10, (10 * p) + (20 * (1 - p))], _device.ToDoubles(y), Close);
    }

    [Fact]
    public void QkScores_OneDimension_ByHand()
    {
        // Off, both keys of token 1 score 0: (p, 1-p) becomes (1/2, 1/2).
        using var q = _device.FromFloats([9, 1], new Shape(2, 1));
        using var k = _device.FromFloats([1, 0], new Shape(2, 1));
        using var scoreQ = _device.Allocate(new Shape(1, 1));
        using var scoreK = _device.Allocate(new Shape(1, 1));
        var spec = new AttentionSpec { Heads = 1, KvHeads = 1, HeadDim = 1, Scale = 2 };
        var inputs = new QkScoreInputs { Q = q, K = k, RotatedQ = q, RotatedK = k };
        _device.Ops.QkScores(QkScoreForm.Exact, inputs, spec, SequenceLayout.Packed([2]), scoreQ, scoreK);
        double p = 1 / (1 + Math.Exp(-2)), expected = 2 * (p - 0.5) * (p - 0.5);
        Assert.Equal([expected], _device.ToDoubles(scoreQ), Close);
        Assert.Equal([expected], _device.ToDoubles(scoreK), Close);

        // Released code: 1*1 is taken from the scaled score 2, which leaves 1.
        _device.Ops.QkScores(QkScoreForm.Repo, inputs, spec, SequenceLayout.Packed([2]), scoreQ, scoreK);
        double left = 1 / (1 + Math.Exp(-1));
        Assert.Equal([2 * (p - left) * (p - left)], _device.ToDoubles(scoreQ), Close);
        Assert.Equal(_device.ToDoubles(scoreQ), _device.ToDoubles(scoreK));
    }

    [Fact]
    public void LogProb_UniformLogits_IsMinusLogV()
    {
        using var x = _device.FromFloats([1, 1, 1], new Shape(3, 1));
        using var w = _device.CreateWeight(DType.F32, 4, 1, "w");
        w.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([3, 3, 3, 3]));
        using var targets = _device.FromInts([0, -1, 3], new Shape(3));
        using var y = _device.Allocate(new Shape(3));
        _device.Ops.LogProb(x, w, null, Activation.Identity, targets, y);
        Assert.Equal([-Math.Log(4), 0, -Math.Log(4)], _device.ToDoubles(y), Close);
    }

    [Fact]
    public void Rope_QuarterTurn_ByHand()
    {
        // r = 2 of d = 3: (x0, x1) turns by 90 degrees into (-x1, x0); x2 is copied.
        using var x = _device.FromFloats([1, 2, 3], new Shape(1, 3));
        using var cos = _device.FromFloats([1, 0], new Shape(2, 1));
        using var sin = _device.FromFloats([0, 1], new Shape(2, 1));
        using var rows = _device.FromInts([1], new Shape(1));
        _device.Ops.Rope(x, 3, new RotaryTable(cos, sin, rows), x);
        Assert.Equal([-2, 1, 3], _device.ToDoubles(x));
    }

    [Fact]
    public void ValueScores_OneHead_IsNormTimesNorm()
    {
        // |z|^2 |w|^2 with z = (3, 4) over two tokens and |w|^2 = 2.
        using var z = _device.FromFloats([3, 4], new Shape(2, 1));
        using var gram = _device.FromFloats([2], new Shape(1, 1, 1));
        using var y = _device.Allocate(new Shape(1, 1));
        var spec = new AttentionSpec { Heads = 1, KvHeads = 1, HeadDim = 1, Scale = 1 };
        _device.Ops.ValueScores(z, gram, spec, SequenceLayout.Packed([2]), y);
        Assert.Equal([50.0], _device.ToDoubles(y));
    }

    [Fact]
    public void Open_WithArgument_IsRefused() =>
        Assert.Throws<DeviceUnavailableException>(() => DeviceRegistry.Default.Open("ref:fast"));

    private static bool Close(double a, double b) => Math.Abs(a - b) <= 1e-12 * Math.Max(1, Math.Abs(a));
}
