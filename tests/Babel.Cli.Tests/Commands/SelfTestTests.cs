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
    }

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
    }

    [SkippableFact]
    public void SelfTest_OnAnEmulatedGpu_Passes_AndNamesIt()
    {
        using var driver = new Babel.Testing.Cuda.EmulatedDriver();
        var devices = new Babel.Kernels.DeviceRegistry(driver.Provider);
        var run = CommandRun.With(devices, default, "selftest", "--device", "cuda:0", "-q");
        Assert.True(run.Code == 0, run.Output);
        Assert.Contains("Emulated GPU", run.Output, StringComparison.Ordinal);
        Assert.Contains("Emulated GPU", CommandRun.With(devices, default, "devices").Output, StringComparison.Ordinal);
    }
}
