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
        int[] lengths = [random.Next(1, 90), random.Next(1, 90)];
        int columns = random.Next(1, 300), inner = 8 * random.Next(1, 40);
        var activation = new Activation((ActivationKind)random.Next(5));
        Passes([SelfTest.Run(device, reference, ProductCases.Linear(lengths, columns, inner, DType.BF16, "everything", activation))]);
        Passes([SelfTest.Run(device, reference, ProductCases.Gated(lengths, columns, inner, DType.BF16, "everything", activation))]);
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
