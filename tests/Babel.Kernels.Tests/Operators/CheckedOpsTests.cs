using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

public sealed class CheckedOpsTests : IDisposable
{
    private readonly Device _device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(2));
    private readonly List<IDisposable> _owned = [];

    private IOps Ops => _device.Ops;

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void WrongShape_Message_NamesOperatorOperandAndShapes()
    {
        var error = Throws(() => Ops.Add(Floats(2, 3), Floats(3, 2), Floats(2, 3)), "Add: b");
        Assert.Equal("[2,3]", error.Expected);
        Assert.Equal("[3,2]", error.Found);
    }

    [Fact]
    public void WrongType_IsRefused() => Throws(() => Ops.GatherRows(Floats(2, 3), Floats(2, 1), Floats(2, 3)), "GatherRows: rows");

    [Fact]
    public void OtherDevice_IsRefused()
    {
        using var other = DeviceRegistry.Default.Open("ref");
        using var foreign = other.Allocate(new Shape(2, 3));
        var error = Throws(() => Ops.Add(Floats(2, 3), foreign, Floats(2, 3)), "Add: b");
        Assert.Contains("ref", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Released_IsRefused()
    {
        var gone = _device.Allocate(new Shape(2, 3));
        gone.Dispose();
        Throws(() => Ops.Add(gone, Floats(2, 3), Floats(2, 3)), "Add: a");
    }

    [Fact]
    public void MissingOperand_IsRefused() => Throws(() => Ops.Add(default, Floats(2, 3), Floats(2, 3)), "Add: a");

    [Fact]
    public void ViewBeyondItsMemory_IsRefused()
    {
        var view = Floats(2, 3) with { Offset = 1 };
        Throws(() => Ops.Add(view, Floats(2, 3), Floats(2, 3)), "Add: a");
    }

    [Fact]
    public void Norm_WeightOfAnotherLength_IsRefused() =>
        Throws(() => Ops.Norm(NormKind.Rms, Floats(2, 3), Floats(1, 4), null, 0, Floats(2, 3)), "Norm: weight");

    [Fact]
    public void Norm_OutputOverPartOfX_IsRefused()
    {
        var memory = Floats(3, 4);
        Throws(() => Ops.Norm(NormKind.Rms, memory.Rows(0, 2), Floats(1, 4), null, 0, memory.Rows(1, 2)), "Norm: output");
    }

    [Fact]
    public void Linear_OutputOnX_IsRefused()
    {
        var x = Floats(2, 3);
        Throws(() => Ops.Linear(x, Weight(3, 3), x), "Linear: output");
    }

    [Fact]
    public void Linear_Operands_AreEachChecked()
    {
        Throws(() => Ops.Linear(Floats(2, 3), Weight(5, 4), Floats(2, 5)), "Linear: weight");
        Throws(() => Ops.Linear(Floats(2, 3), Weight(5, 3), Floats(2, 4)), "Linear: output");
        Throws(() => Linear(new Epilogue { Bias = Floats(1, 4) }), "Linear: bias");
        Throws(() => Linear(new Epilogue { Gate = Floats(1, 5) }), "Linear: gate");
        Throws(() => Linear(new Epilogue { Scale = Floats(1, 6) }), "Linear: scale");
        Throws(() => Linear(new Epilogue { Residual = Floats(3, 5) }), "Linear: residual");
        Throws(() => Linear(new Epilogue { Pre = new NeuronTap(Floats(2, 4)) }), "Linear: pre tap");
        Throws(() => Linear(new Epilogue { Post = new NeuronTap(null, Stats(1, 5)) }), "Linear: post tap");
        Throws(() => Linear(new Epilogue { Post = new NeuronTap(null, Stats(1, 5), SequenceLayout.Packed([3])) }), "Linear: post tap");
        Throws(() => Linear(new Epilogue { Post = new NeuronTap(null, Stats(1, 5), SequenceLayout.Packed([1, 1])) }), "Linear: post tap");
        Throws(() => Linear(new Epilogue { Post = new NeuronTap(null, Stats(1, 4), SequenceLayout.Packed([2])) }), "Linear: post tap");
        var shared = Floats(2, 5);
        Throws(() => Linear(new Epilogue { Pre = new NeuronTap(shared), Post = new NeuronTap(shared) }), "Linear: post tap");
    }

    [Fact]
    public void GatedLinear_UpOfAnotherShape_IsRefused() =>
        Throws(() => Ops.GatedLinear(Floats(2, 3), Weight(5, 3), Weight(4, 3), Floats(2, 5), new GatedEpilogue()), "GatedLinear: up");

    [Fact]
    public void LogProb_OtherActivation_IsRefused() => Throws(
        () => Ops.LogProb(Floats(2, 3), Weight(5, 3), null, new Activation(ActivationKind.Relu), Ints(0, 1), Floats(1, 2)), "LogProb: cap");

    [Fact]
    public void Indices_OutOfRange_AreRefused()
    {
        Throws(() => Ops.Embed(Ints(0, 5), Weight(5, 3), Floats(2, 3)), "Embed: ids");
        Throws(() => Ops.Embed(Ints(-1, 0), Weight(5, 3), Floats(2, 3)), "Embed: ids");
        Throws(() => Ops.GatherRows(Floats(2, 3), Ints(2), Floats(1, 3)), "GatherRows: rows");
        Throws(() => Ops.ScatterRows(Floats(1, 3), Ints(-1), Floats(2, 3)), "ScatterRows: rows");
        Throws(() => Ops.LogProb(Floats(2, 3), Weight(5, 3), null, Activation.Identity, Ints(-2, 1), Floats(1, 2)), "LogProb: targets");
        Throws(() => Ops.LogProb(Floats(2, 3), Weight(5, 3), null, Activation.Identity, Ints(5, -1), Floats(1, 2)), "LogProb: targets");
        Throws(() => Ops.ColumnDots(Weight(5, 3), Ints(3), Ints(0), Floats(1, 1)), "ColumnDots: left");
        Throws(() => Ops.ColumnDots(Weight(5, 3), Ints(0), Ints(-1), Floats(1, 1)), "ColumnDots: right");
        Throws(() => Ops.Rope(Floats(1, 4), 4, new RotaryTable(Floats(2, 2), Floats(2, 2), Ints(2)), Floats(1, 4)), "Rope: rotary rows");
    }

    [Fact]
    public void Rope_WiderThanAHead_IsRefused() =>
        Throws(() => Ops.Rope(Floats(1, 4), 2, new RotaryTable(Floats(2, 2), Floats(2, 2), Ints(0)), Floats(1, 4)), "Rope: cos");

    [Fact]
    public void Rope_HeadThatDoesNotDivide_IsRefused() =>
        Throws(() => Ops.Rope(Floats(1, 4), 3, new RotaryTable(Floats(2, 1), Floats(2, 1), Ints(0)), Floats(1, 4)), "Rope: headDim");

    [Fact]
    public void Attention_Operands_AreEachChecked()
    {
        var spec = new AttentionSpec { Heads = 4, KvHeads = 2, HeadDim = 3, Scale = 1 };
        var layout = SequenceLayout.Packed([2]);
        Throws(() => Ops.Attention(Floats(2, 11), Floats(2, 6), Floats(2, 6), Floats(2, 12), spec, layout), "Attention: q");
        Throws(() => Ops.Attention(Floats(2, 12), Floats(2, 12), Floats(2, 6), Floats(2, 12), spec, layout), "Attention: k");
        Throws(() => Ops.Attention(Floats(2, 12), Floats(1, 6), Floats(2, 6), Floats(2, 12), spec, layout), "Attention: k");
        Throws(() => Ops.Attention(Floats(2, 12), Floats(2, 6), Floats(1, 6), Floats(2, 12), spec, layout), "Attention: v");
        Throws(() => Ops.Attention(Floats(3, 12), Floats(3, 6), Floats(3, 6), Floats(3, 12), spec, layout), "Attention: layout");
        Throws(() => Attention(spec with { KvHeads = 3 }), "Attention: spec.KvHeads");
        Throws(() => Attention(spec with { AlibiSlopes = [1] }), "Attention: spec.AlibiSlopes");
        Throws(() => Attention(spec with { Window = -1 }), "Attention: spec.Window");
        Throws(() => Attention(spec, new Epilogue { Bias = Floats(1, 12) }), "Attention: epilogue");
        Throws(() => Attention(spec, new Epilogue { Scale = Floats(1, 11) }), "Attention: scale");
        Throws(() => Attention(spec, null, Floats(1, 15)), "Attention: pattern");

        void Attention(AttentionSpec form, Epilogue? epilogue = null, TensorView? pattern = null) =>
            Ops.Attention(Floats(2, 12), Floats(2, 6), Floats(2, 6), Floats(2, 12), form, layout, epilogue, pattern);
    }

    [Fact]
    public void QkScores_DecodeLayout_IsRefused()
    {
        var spec = new AttentionSpec { Heads = 1, KvHeads = 1, HeadDim = 3, Scale = 1 };
        var inputs = new QkScoreInputs { Q = Floats(1, 3), K = Floats(1, 3), RotatedQ = Floats(1, 3), RotatedK = Floats(1, 3) };
        var decode = new SequenceLayout([new SequenceSpan(0, 1, 0, 2)]);
        Throws(() => Ops.QkScores(QkScoreForm.Exact, inputs, spec, decode, Floats(1, 3), Floats(1, 3)), "QkScores: layout");
    }

    private static KernelException Throws(Action action, string? where = null)
    {
        var error = Assert.Throws<KernelException>(action);
        if (where is not null) Assert.Equal(where, error.Where);
        return error;
    }

    private void Linear(Epilogue epilogue) => Ops.Linear(Floats(2, 3), Weight(5, 3), Floats(2, 5), epilogue);

    private TensorView Floats(int rows, int columns) => Own(_device.FromFloats(new float[rows * columns], new Shape(rows, columns))).View;

    private TensorView Ints(params int[] values) => Own(_device.FromInts(values, new Shape(values.Length))).View;

    private TapStats Stats(int sequences, int width) => Own(new TapStats(_device, sequences, width));

    private Weight Weight(int rows, int columns)
    {
        var weight = Own(_device.CreateWeight(DType.F32, rows, columns, "w"));
        weight.Write(0, new byte[rows * columns * sizeof(float)]);
        return weight;
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
