using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>
/// Products on emulated GPUs of every generation: the kernels of the PTX, compiled for the host, behind the driver's entry points. The whole table runs on
/// one of them beside the other devices.
/// </summary>
public class CudaOperatorTests
{
    private static readonly string[] Products = ["Linear", "GatedLinear", "LogProb"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [SkippableTheory]
    [InlineData(70, Precision.Exact, "no tensor cores: they take bf16 from compute capability 8.0 on")]
    [InlineData(89, Precision.Fast, "tensor cores for bf16 weights (mma.sync)")]
    [InlineData(90, Precision.Exact, "tensor cores for bf16 weights (wgmma)")]
    [InlineData(90, Precision.Fast, "tensor cores for bf16 weights (wgmma)")]
    public void Products_EveryEngine_KeepTheirBounds(int capability, Precision precision, string engine)
    {
        using var driver = new EmulatedDriver(capability);
        using var device = driver.Open(precision);
        Assert.Contains(engine, device.Description, StringComparison.Ordinal);
        Assert.Equal(precision, device.Precision);
        foreach (string op in Products) Passes(SelfTest.Run(device, op));
    }

    [SkippableTheory]
    [MemberData(nameof(Seeds))]
    public void Products_RandomShapeOnTensorCores_KeepTheirBounds(int seed)
    {
        using var driver = new EmulatedDriver(seed < 8 ? 80 : 90);
        var random = new Random(seed);
        if (seed % 2 == 1) driver.ReverseThreads();
        using Device device = driver.Open(seed % 4 < 2 ? Precision.Exact : Precision.Fast), reference = new ReferenceDevice();
        Assert.Contains(seed < 8 ? "weights (mma.sync)" : "weights (wgmma)", device.Description, StringComparison.Ordinal);
        int[] lengths = [random.Next(1, 90), random.Next(1, 90)];
        int columns = random.Next(1, 300), inner = 8 * random.Next(1, 40);
        var activation = new Activation((ActivationKind)random.Next(5));
        Passes([SelfTest.Run(device, reference, ProductCases.Linear(lengths, columns, inner, DType.BF16, "everything", activation))]);
        Passes([SelfTest.Run(device, reference, ProductCases.Gated(lengths, columns, inner, DType.BF16, "everything", activation))]);
    }

    /// <summary>Blocks that stay take three tiles each, and more stretches of the inner index than their rings hold, of which none ends with a tile.</summary>
    [SkippableTheory]
    [InlineData(Precision.Exact, false, 130)]
    [InlineData(Precision.Exact, true, 40)]
    [InlineData(Precision.Fast, false, 40)]
    [InlineData(Precision.Fast, true, 130)]
    public void Products_MoreTilesThanBlocks_KeepTheirBounds(Precision precision, bool reversed, int rows)
    {
        using var driver = new EmulatedDriver(90);
        if (reversed) driver.ReverseThreads();
        using Device device = driver.Open(precision), reference = new ReferenceDevice();
        Assert.Contains("weights (wgmma)", device.Description, StringComparison.Ordinal);
        int columns = rows > 64 ? 1301 : 332, inner = 328;
        Passes([SelfTest.Run(device, reference, ProductCases.Linear([rows], columns, inner, DType.BF16, "everything", new Activation(ActivationKind.Silu)))]);
        Passes([SelfTest.Run(device, reference, ProductCases.Gated([rows], columns / 2, inner, DType.BF16, "everything", new Activation(ActivationKind.Silu)))]);
    }

    [SkippableFact]
    public void Table_ThreadsInReverse_GivesTheSameBits()
    {
        using EmulatedDriver forward = new(capability: 80), backward = new(capability: 80);
        backward.ReverseThreads();
        using Device first = forward.Open(), second = backward.Open();
        foreach (var one in CaseTable.All.Where((_, i) => i % 7 == 0)) Assert.Equal(Outputs(first, one), Outputs(second, one));
    }

    private static double[][] Outputs(Device device, OperatorCase one)
    {
        using var bench = new CaseBench(device, one.Seed, withBounds: false);
        one.Body(bench);
        return [.. bench.Outputs.Select(o => bench.Read(o.Name))];
    }

    private static void Passes(IReadOnlyList<SelfTestResult> results)
    {
        Assert.NotEmpty(results);
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
    }
}
