using Babel.Kernels.Diagnostics.Bench;
using Xunit;

namespace Babel.Kernels.Tests.Bench;

public sealed class OperatorBenchTests
{
    private static readonly OperatorBenchShape s_shape = new()
    {
        ModelWidth = 24, FfnWidth = 40, Vocabulary = 50, Heads = 4, KvHeads = 2, HeadDim = 6, Sequences = 2, Length = 5, Weights = DType.BF16,
    };

    [Theory]
    [InlineData("cpu")]
    [InlineData("ref")]
    public void Run_MeasuresEveryOperator(string name)
    {
        using var device = DeviceRegistry.Default.Open(name);
        var ceilings = new DeviceCeilings(1, "", 1, "");
        var measured = OperatorBench.Run(device, ceilings, s_shape, seconds: 1e-6).ToList();
        Assert.Equal(typeof(IOps).GetMethods().Select(m => m.Name).Order(StringComparer.Ordinal), measured.Select(m => m.Operator).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.All(measured, m => Assert.True(m.Time.Median > 0 && m.Bytes > 0 && m.Time.Readings >= 5, m.ToString()));
        Assert.Equal(measured.Count, measured.Select(m => (m.Operator, m.Case)).Distinct().Count());
    }

    [Fact]
    public void RunProducts_CountsTheirWork()
    {
        using var device = DeviceRegistry.Default.Open("cpu");
        var one = Assert.Single(OperatorBench.RunProducts(device, new DeviceCeilings(1, "", 1, ""), s_shape, 1e-6, [(3, 5, 7)]));
        Assert.Equal(("Linear", "3x5x7", 2.0 * 3 * 5 * 7, (4.0 * 3 * (5 + 7)) + (2 * 5 * 7)), (one.Operator, one.Case, one.Flop, one.Bytes));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cpu:scalar")]
    [InlineData("ref")]
    public void Ceilings_AreMeasuredOnEveryDevice(string name)
    {
        using var device = DeviceRegistry.Default.Open(name, new DeviceOptions(1));
        var ceilings = DeviceCeilings.Measure(device);

        // A machine that computes less than 10 million operations a second, or more than 100 million times as many, is a wrong unit.
        Assert.InRange(ceilings.Gflops, 0.01, 1e6);
        Assert.InRange(ceilings.Gigabytes, 0.01, 1e5);
    }
}
