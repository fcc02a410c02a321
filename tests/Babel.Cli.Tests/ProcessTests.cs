using System.Diagnostics;
using Xunit;

namespace Babel.Cli.Tests;

/// <summary>The program as a process of its own: exit codes, streams and signals as a shell sees them.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData(0, "devices")]
    [InlineData(0, "--help")]
    [InlineData(2, "nonsense")]
    [InlineData(5, "inspect /does/not/exist")]
    [InlineData(6, "selftest --device abacus")]
    public async Task Program_EndsWithItsCode_WithoutEscapes(int code, string line)
    {
        using var process = Start(line);
        string output = await process.StandardOutput.ReadToEndAsync(), error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(code, process.ExitCode);
        Assert.DoesNotContain('\e', output + error);
        Assert.Equal(code == 0, error.Length == 0);
    }

    [SkippableFact]
    public async Task Program_OnCtrlC_StopsAndEndsWith130()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        using var folder = new TemporaryFolder();
        string samples = Path.Combine(House.Repository.Root, "samples");
        using var process = Start($"study {samples}/babel-nano --corpus {samples}/text --out {folder.File("run")}");
        while (await process.StandardError.ReadLineAsync() is { } line && !line.StartsWith("statistics", StringComparison.Ordinal))
        {
        }

        using var kill = Process.Start(new ProcessStartInfo("kill") { ArgumentList = { "-INT", $"{process.Id}" }, UseShellExecute = false })!;
        await kill.WaitForExitAsync();
        string error = await process.StandardError.ReadToEndAsync(), output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("", output);
        Assert.Contains("interrupted", error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("run/manifest.json")));
    }

    [Fact]
    public async Task FastPrecision_WithoutAvx512_ComputesExactly_AndSaysSo()
    {
        using var process = Start("selftest --operator Add --precision fast --json", ("DOTNET_EnableAVX512", "0"));
        string output = await process.StandardOutput.ReadToEndAsync(), error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("precision: exact on cpu, not fast: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("512-bit", output, StringComparison.Ordinal);
        Assert.Contains("\"precision\": \"exact\"", output, StringComparison.Ordinal);
    }

    private static Process Start(string line, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "babel.dll"));
        foreach (string argument in line.Split(' ')) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
