using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Errors;
using Babel.Kernels.Tests.Operators;
using Xunit;

namespace Babel.Kernels.Tests.Bench;

public sealed class DeviceBenchTests
{
    private static readonly DeviceCeilings s_ceilings = new(1, "", 1, "");

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(90)]
    public void Products_BesideCublas_AgreeWithIt(int capability)
    {
        const int Side = 40;
        using var driver = new EmulatedDriver(capability);
        using var cublas = new EmulatedCublas();
        using (Device exact = driver.Open(), fast = driver.Open(Precision.Fast))
        {
            var comparison = ProductBench.Measure(exact, fast, (s_ceilings, s_ceilings), Side, 1e-6, cublas.File);
            Assert.Equal("cuBLAS 12.5.3", comparison.Vendor);
            Assert.Equal(
                ["exact, bf16 weights", "exact, f32 weights", "fast, bf16 weights", "cuBLAS, bf16 -> bf16", "cuBLAS, bf16 -> f32", "cuBLAS, f32, TF32 off", "cuBLAS, f32, TF32 on"],
                comparison.Ways.Select(w => w.Way),
                StringComparer.Ordinal);

            // The factors are numbers of bfloat16, so that fast precision rounds nothing but its result's storage.
            Assert.All(comparison.Ways, w => Assert.InRange(w.Difference, 0, w.Way.EndsWith("-> bf16", StringComparison.Ordinal) ? 4e-3 : 1e-6));
            Assert.All(comparison.Ways.Take(3), w => Assert.True(w.OfBeside > 0 && w.Beside is not null, w.ToString()));
            Assert.All(comparison.Ways.Skip(3), w => Assert.Null(w.Beside));
            Assert.All(comparison.Ways, w => Assert.Equal(2.0 * Side * Side * Side, w.Flop));
            Assert.True(cublas.Products >= 4 * 6);
        }

        Assert.Equal((0, 0), (cublas.Live, driver.Live));
    }

    [SkippableFact]
    public void Products_WithACublasThatFails_SayWhatItReturned()
    {
        using var driver = new EmulatedDriver();
        using var cublas = new EmulatedCublas();
        using var device = driver.Open();
        cublas.Fail(13);
        var error = Assert.Throws<KernelException>(() => ProductBench.Measure(device, null, (s_ceilings, null), 16, 1e-6, cublas.File));
        Assert.Contains("status 13", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, cublas.Live);
    }

    [SkippableFact]
    public void Products_WithAFileThatIsNoCublas_AreRefused()
    {
        using var device = EmulatedDriver.OpenDevice();
        var error = Assert.Throws<KernelException>(() => ProductBench.Measure(device, null, (s_ceilings, null), 16, 1e-6, "nothing-here.so"));
        Assert.Equal("nothing-here.so cannot be loaded", error.Found);
        Assert.Equal("nothing-here.so", error.Where);
    }

    [SkippableTheory]
    [InlineData("cpu")]
    [InlineData("opencl:0")]
    [InlineData("ref")]
    public void Products_OfOtherDevices_AreMeasured(string name)
    {
        using var device = TestDevices.Open(name);
        var comparison = ProductBench.Measure(device, null, (s_ceilings, null), 16, 1e-6);
        Assert.Equal(2, comparison.Ways.Count);
        Assert.Equal("cuBLAS is measured beside CUDA devices only", comparison.Vendor);
    }

    [SkippableTheory]
    [InlineData("cpu", 2)]
    [InlineData("opencl:0", 2)]
    [InlineData("cuda:emulated", 5)]
    public void Copies_GoEveryWay(string name, int ways)
    {
        using var device = TestDevices.Open(name);
        var copies = CopyBench.Measure(device, 1 << 20, 1e-6);
        Assert.Equal(ways, copies.Count);
        Assert.All(copies, c => Assert.InRange(c.Gigabytes, 1e-4, 1e5));
    }

    [Fact]
    public void Attention_CountsThePairsThatAreSeen()
    {
        using var device = TestDevices.Open("cpu");
        var measured = AttentionBench.Measure(device, s_ceilings, 16, 2, 4, 1e-6);
        Assert.Equal(["causal, 16 tokens, 2 heads of 4", "not causal, 16 tokens, 2 heads of 4"], measured.Select(m => m.Case), StringComparer.Ordinal);
        Assert.Equal(4 * 8 * (16 * 17 / 2.0), measured[0].Flop);

        // 8 sequences of 2 queries behind 15 keys see 16 and 17.
        Assert.Equal(4 * 8 * (8 * (16 + 17.0)), measured[1].Flop);
    }
}
