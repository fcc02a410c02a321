using Babel.Analysis.Verification;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Testing;
using Babel.Testing.Cuda;
using Xunit;
using Xunit.Abstractions;

namespace Babel.Analysis.Tests.Verification;

public sealed class ModelCheckTests(ITestOutputHelper output)
{
    private static readonly string[] s_quantities =
    [
        "logits", "log-probabilities", "attention sites", "FFN sites", "residual stream", "logits, neurons off", "LAPE counters", "activation sums",
        "PLND of FFN, V, O", "PLND of Q, K", "greedy tokens", "logits of every step",
    ];

    [SkippableTheory]
    [InlineData("cpu", Precision.Exact)]
    [InlineData("cpu", Precision.Fast)]
    [InlineData("opencl:0", Precision.Exact)]
    public void Run_OfADevice_KeepsEveryBound(string name, Precision precision)
    {
        using var device = Open(name, precision);
        Skip.If(device.WhyNotFast is not null, device.WhyNotFast);
        var results = Checked(device, quick: false);
        Assert.Equal(2, results.Count(r => r.Quantity == "bits in a large batch"));
    }

    [SkippableTheory]
    [InlineData(80, Precision.Exact)]
    [InlineData(80, Precision.Fast)]
    [InlineData(90, Precision.Exact)]
    [InlineData(70, Precision.Exact)]
    public void Run_OfAnEmulatedGpu_KeepsEveryBound(int capability, Precision precision)
    {
        using var device = EmulatedDriver.OpenDevice(capability, precision);
        Checked(device, quick: true);
    }

    [Fact]
    public void Run_OfTheReference_FindsNoDifference()
    {
        using var device = DeviceRegistry.Default.Open("ref");
        Assert.All(ModelCheck.Run(device, quick: true), r => Assert.Equal(0, r.Error));
    }

    [Fact]
    public void Run_OfAFolder_ComparesThatModel()
    {
        using var device = DeviceRegistry.Default.Open("cpu");
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.File("mine"));
        var results = ModelCheck.Run(device, folder.File("mine"));
        Assert.Equal(s_quantities, results.Select(r => r.Quantity), StringComparer.Ordinal);
        Assert.All(results, r => Assert.Equal(("mine", null), (r.Model, r.Failure)));
    }

    [Fact]
    public void Compare_FindsOneWrongElement_AndWhatIsNoNumber()
    {
        double[] right = [.. Enumerable.Range(0, 100_000).Select(i => Math.Sin(i))];
        double bound = ModelCheck.BoundOf(Precision.Exact);
        Assert.Null(ModelCheck.Compare("x", right, [.. right.Select(v => v * (1 + (bound / 2)))], bound).Failure);
        Assert.Contains("the worst at 7", ModelCheck.Compare("x", right, [.. right.Select((v, i) => i == 7 ? v + 1e-3 : v)], bound).Failure!, StringComparison.Ordinal);
        Assert.Contains("NaN at 9", ModelCheck.Compare("x", right, [.. right.Select((v, i) => i == 9 ? double.NaN : v)], bound).Failure!, StringComparison.Ordinal);
        Assert.NotNull(ModelCheck.Compare("x", right, right[1..], bound).Failure);
    }

    [Fact]
    public void Embedded_ModelsDecideClearly_SoThatTheirTextIsCompared()
    {
        // A near tie ends the comparison of a text: there must be none in float32.
        using var device = DeviceRegistry.Default.Open("ref");
        foreach (var one in CheckedModel.Embedded)
        {
            using var model = one.Open(device, default);
            var reading = ModelReading.Take(model, default);
            double closest = reading.Steps.SelectMany(s => s).Min(logits => logits.OrderDescending().Take(2).Aggregate((a, b) => a - b) / Math.Sqrt(logits.Average(v => v * v)));
            Assert.True(closest > 20 * ModelCheck.BoundOf(Precision.Exact), $"{one.Name}: {closest}");
            Assert.All(reading.Generated, g => Assert.Equal(10, g.Length));
        }
    }

    private List<ModelCheckResult> Checked(Device device, bool quick)
    {
        var results = ModelCheck.Run(device, quick: quick).ToList();
        foreach (var group in results.GroupBy(r => r.Quantity, StringComparer.Ordinal)) output.WriteLine($"{group.Key}: {group.Max(r => r.Error):0.00e+00} of {group.Max(r => r.Bound):0.00e+00}");
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Model}, {r.Quantity}: {r.Failure}"));
        int models = quick ? CheckedModel.Quick : CheckedModel.Embedded.Count;
        Assert.All(s_quantities, q => Assert.Equal(models, results.Count(r => r.Quantity == q)));
        return results;
    }

    private static Device Open(string name, Precision precision)
    {
        try
        {
            return DeviceRegistry.Default.Open(name, new DeviceOptions(Precision: precision));
        }
        catch (DeviceUnavailableException e)
        {
            throw new SkipException($"{name}: {e.What}", e);
        }
    }
}
