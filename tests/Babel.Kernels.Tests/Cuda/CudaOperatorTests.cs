using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>The operator table on an emulated GPU: the kernels of the PTX, compiled for the host, behind the driver's entry points.</summary>
public class CudaOperatorTests
{
    private static readonly string[] Products = ["Linear", "GatedLinear", "LogProb"];

    public static TheoryData<string> Operators => [.. SelfTest.Operators];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [SkippableTheory]
    [MemberData(nameof(Operators))]
    public void Operator_EveryCaseOnEmulatedGpu_KeepsItsBound(string op)
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        Passes(SelfTest.Run(device, op));
    }

    [SkippableTheory]
    [InlineData(80, Precision.Exact, "mma.sync")]
    [InlineData(89, Precision.Fast, "mma.sync")]
    [InlineData(90, Precision.Exact, "wgmma")]
    [InlineData(90, Precision.Fast, "wgmma")]
    public void Products_OnTensorCores_KeepTheirBounds(int capability, Precision precision, string engine)
    {
        using var driver = new EmulatedDriver(capability);
        using var device = driver.Open(precision);
        Assert.EndsWith($"tensor cores for bf16 weights ({engine})", device.Description, StringComparison.Ordinal);
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
