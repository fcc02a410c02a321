using System.Text.Json;
using Xunit;

namespace Babel.Cli.Tests;

public sealed class AppTests
{
    public static TheoryData<string> Commands => [.. App.All.SelectMany(c => c.Subcommands.Prepend(c)).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_TeachesByExample(string command)
    {
        var run = CommandRun.Of($"{command} --help");
        Assert.Equal(0, run.Code);
        Assert.Equal("", run.Error);
        string[] lines = run.Output.Split('\n');
        int heading = Array.IndexOf(lines, "Examples:");
        Assert.True(heading > 0);
        Assert.StartsWith("  # ", lines[heading + 1], StringComparison.Ordinal);
        Assert.StartsWith($"  babel {command}", lines[heading + 2], StringComparison.Ordinal);
        foreach (string option in new[] { "--json", "--device", "--threads", "--quiet" })
            Assert.Contains(option, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfTheProgram_ListsCommandsAndExitCodes()
    {
        var run = CommandRun.Of("--help");
        Assert.Equal(0, run.Code);
        Assert.All(App.All, c => Assert.Contains($"\n  {c.Name} ", run.Output, StringComparison.Ordinal));
        Assert.All(ExitCodes.All, e => Assert.Contains($"{e.Code,4}  {e.Meaning}\n", run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_FitsIntoAHundredColumns(string command) =>
        Assert.All(CommandRun.Of($"{command} --help").Output.Split('\n').Where(l => !l.StartsWith("  babel ", StringComparison.Ordinal)),
            line => Assert.InRange(line.TrimEnd().Length, 0, 100));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("devices --nonsense")]
    [InlineData("devices --threads x")]
    [InlineData("devices --threads -1")]
    public void WrongCommandLine_ExitsWithTwo_AndSaysWhereHelpIs(string line)
    {
        var run = CommandRun.Of(line);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Devices_Json_IsOneDocumentOnStdoutAlone()
    {
        var run = CommandRun.Of("devices --json");
        using var document = JsonDocument.Parse(run.Output);
        var names = document.RootElement.GetProperty("devices").EnumerateArray().Select(d => d.GetProperty("name").GetString()).ToList();
        Assert.Contains("cpu", names, StringComparer.Ordinal);
        Assert.Contains("ref", names, StringComparer.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void Devices_OneThatIsUnavailable_ShowsItsReason()
    {
        var devices = Babel.Kernels.DeviceRegistry.Default.With(new FailingDeviceProvider(new InvalidOperationException()));
        var run = CommandRun.With(devices, default, "devices");
        Assert.Contains("not available: it was made to", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_WhenRedirected_HasNoEscapes() =>
        Assert.All(new[] { "devices", "--help", "devices --help" }, line => Assert.DoesNotContain('\e', CommandRun.Of(line).Output));
}
