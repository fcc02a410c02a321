using System.Text.Json;
using Babel.Kernels.Diagnostics;
using Xunit;

namespace Babel.Cli.Tests.Commands;

public sealed class SelfTestTests
{
    [Fact]
    public void SelfTest_OnTheProcessor_Passes_AndCoversEveryOperator()
    {
        var run = CommandRun.Of("selftest --json -q");
        Assert.True(run.Code == 0, run.Output);
        using var json = JsonDocument.Parse(run.Output);
        var operators = json.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("operator").GetString()).Distinct(StringComparer.Ordinal);
        Assert.Equal(SelfTest.Operators, operators, StringComparer.Ordinal);
        var models = json.RootElement.GetProperty("models").EnumerateArray().ToList();
        Assert.Contains(models, m => m.GetProperty("model").GetString() == "llama bf16" && m.GetProperty("quantity").GetString() == "PLND of Q, K");
        Assert.All(models, m => Assert.InRange(m.GetProperty("error").GetDouble(), 0, m.GetProperty("bound").GetDouble()));
    }

    [Fact]
    public void SelfTest_OfAModelFolder_ComparesThatModel()
    {
        var run = CommandRun.Of($"selftest --model {Path.Combine(Fixtures.Root, "samples", "babel-nano")} --cases -q");
        Assert.True(run.Code == 0, run.Output);
        Assert.Contains("babel-nano, PLND of Q, K", run.Output, StringComparison.Ordinal);
        Assert.Contains("12 of 12 quantities of 1 models within their bounds", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void SelfTest_OfAnOperatorAndAModel_IsAUsageError() => Assert.Equal(2, CommandRun.Of("selftest --operator Add --model here").Code);

    [Fact]
    public void SelfTest_OfOneOperator_ShowsItsCases()
    {
        var run = CommandRun.Of("selftest --operator Rope --cases -q");
        Assert.Equal(0, run.Code);
        Assert.Contains("Rope ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Attention", run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void SelfTest_OnAnOpenClDevice_Passes()
    {
        string? reason = Babel.Kernels.DeviceRegistry.Default.List().First(d => d.Name == "opencl:0").Unavailable;
        Skip.If(reason is not null, "opencl:0: " + reason);
        var run = CommandRun.Of("selftest --device opencl:0 --operator Add -q");
        Assert.True(run.Code == 0, run.Output);
    }

    [Fact]
    public void SelfTest_UnknownOperator_IsAUsageError() => Assert.Equal(2, CommandRun.Of("selftest --operator Convolution").Code);

    [Fact]
    public void SelfTest_OnADeviceThatComputesWrongly_ExitsWithEight()
    {
        var devices = Babel.Kernels.DeviceRegistry.Default.With(new WrongDeviceProvider());
        var run = CommandRun.With(devices, default, "selftest", "--device", "wrong", "--operator", "Add", "-q");
        Assert.Equal(8, run.Code);
        Assert.Contains("FAILED Add", run.Output, StringComparison.Ordinal);

        // Its models go wrong too, and are reported to the end.
        run = CommandRun.With(devices, default, "selftest", "--device", "wrong", "--quick", "-q");
        Assert.Equal(8, run.Code);
        Assert.Contains("FAILED llama bf16, logits", run.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED bloom f16, PLND of Q, K", run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void SelfTest_OnAnEmulatedGpu_Passes_AndNamesIt()
    {
        using var driver = new Babel.Testing.Cuda.EmulatedDriver();
        var devices = new Babel.Kernels.DeviceRegistry(driver.Provider);
        var run = CommandRun.With(devices, default, "selftest", "--device", "cuda:0", "--quick", "-q");
        Assert.True(run.Code == 0, run.Output);
        Assert.Contains("Emulated GPU", run.Output, StringComparison.Ordinal);
        Assert.Contains("Emulated GPU", CommandRun.With(devices, default, "devices").Output, StringComparison.Ordinal);
    }
}
