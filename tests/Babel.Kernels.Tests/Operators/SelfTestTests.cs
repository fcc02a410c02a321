using Babel.Kernels.Diagnostics;
using Babel.Kernels.Interop;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>The judge is judged: devices with known faults must be found out.</summary>
public class SelfTestTests
{
    [Fact]
    public void Run_CorrectDevice_Passes() => Assert.All(Run((_, _, _) => { }), r => Assert.True(r.Passed, r.Failure));

    [Fact]
    public void Run_WrongLastElement_IsFound() => Assert.All(
        Run((_, _, y) => y.Span<double>()[^1] += 1e-5), r => Assert.Contains("output[", r.Failure, StringComparison.Ordinal));

    [Fact]
    public void Run_NaN_IsFound() => Assert.All(
        Run((_, _, y) => y.Span<double>()[0] = double.NaN), r => Assert.Contains("output[0] is NaN", r.Failure, StringComparison.Ordinal));

    [Fact]
    public void Run_WriteBehindTheEnd_IsFound() => Assert.All(
        Run((_, _, y) => (y with { Offset = y.Offset + 1 }).Span<double>()[^1] = 0),
        r => Assert.Contains("sentinel", r.Failure, StringComparison.Ordinal));

    [Fact]
    public void Run_ChangedInput_IsFound()
    {
        var results = Run((a, _, y) =>
        {
            if (a.Offset != y.Offset || !ReferenceEquals(a.Memory, y.Memory)) a.Span<double>()[0] += 1;
        });
        Assert.Contains(results, r => r.Failure?.Contains("an input of", StringComparison.Ordinal) == true);
    }

    private static IReadOnlyList<SelfTestResult> Run(Action<TensorView, TensorView, TensorView> fault)
    {
        using var device = new FaultyDevice(fault);
        return SelfTest.Run(device, "Add");
    }

    private sealed class FaultyDevice : Device
    {
        public FaultyDevice(Action<TensorView, TensorView, TensorView> fault) => Ops = new FaultyAdd(new ReferenceOps(), fault);

        public override string Name => "faulty";

        public override string Description => "the reference with a fault";

        public override DType ComputeType => DType.F64;

        public override IOps Ops { get; }

        public override Tensor Allocate(DType dtype, Shape shape) => new(new HostMemory(this, shape.Count * dtype.Size()), dtype, shape);

        public override Weight CreateWeight(DType storage, long rows, long columns, string name) =>
            new ReferenceWeight(this, storage, rows, columns, name);

        public override void Upload(ReadOnlySpan<byte> source, TensorView destination) => HostCopy.Upload(source, destination);

        public override void Download(TensorView source, Span<byte> destination) => HostCopy.Download(source, destination);
    }

    private sealed class FaultyAdd(IOps inner, Action<TensorView, TensorView, TensorView> fault) : IOps
    {
        public void Add(TensorView a, TensorView b, TensorView output)
        {
            inner.Add(a, b, output);
            fault(a, b, output);
        }

        public void Embed(TensorView ids, Weight table, TensorView output, float scale = 1, bool accumulate = false) => throw Unused();

        public void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output) => throw Unused();

        public void Linear(TensorView x, Weight weight, TensorView output, Epilogue? epilogue = null) => throw Unused();

        public void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue) => throw Unused();

        public void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output) => throw Unused();

        public void Attention(
            TensorView q,
            TensorView k,
            TensorView v,
            TensorView output,
            AttentionSpec spec,
            SequenceLayout layout,
            Epilogue? epilogue = null,
            TensorView? pattern = null) => throw Unused();

        public void LogProb(TensorView x, Weight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output) => throw Unused();

        public void GatherRows(TensorView x, TensorView rows, TensorView output) => throw Unused();

        public void ScatterRows(TensorView x, TensorView rows, TensorView output) => throw Unused();

        public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats) => throw Unused();

        public void ColumnDots(Weight weight, TensorView left, TensorView right, TensorView output) => throw Unused();

        public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output) => throw Unused();

        public void QkScores(
            QkScoreForm form, QkScoreInputs inputs, AttentionSpec spec, SequenceLayout layout, TensorView scoreQ, TensorView scoreK) => throw Unused();

        private static NotSupportedException Unused() => new();
    }
}
