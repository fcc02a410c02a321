using Babel.Cli.Output;
using Xunit;

namespace Babel.Cli.Tests.Output;

public sealed class ProgressReporterTests
{
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly ManualClock _clock = new();

    [Fact]
    public void Report_InALog_WritesPlainLinesEveryTenSeconds()
    {
        using var progress = new ProgressReporter(_error, isTerminal: false, quiet: false, _clock);
        for (int done = 0; done <= 40; done++)
        {
            progress.Report("scoring", done, 40);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        string[] lines = _error.ToString().TrimEnd().Split('\n');
        Assert.Equal(
            ["scoring: 0 of 40", "scoring: 10 of 40, 30s left", "scoring: 20 of 40, 20s left", "scoring: 30 of 40, 10s left", "scoring: 40 of 40, 40s"],
            lines);
    }

    [Fact]
    public void Report_TimeLeft_ComesFromThisRunsWorkOnly()
    {
        using var progress = new ProgressReporter(_error, isTerminal: false, quiet: false, _clock);
        progress.Report("resumed", 900, 1000);
        _clock.Advance(TimeSpan.FromSeconds(10));
        progress.Report("resumed", 910, 1000);
        Assert.Contains("910 of 1,000, 1m30s left", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OnATerminal_RewritesOneLine()
    {
        using (var progress = new ProgressReporter(_error, isTerminal: true, quiet: false, _clock))
        {
            progress.Report("loading", 1, 4, "a long detail");
            _clock.Advance(TimeSpan.FromSeconds(1));
            progress.Report("loading", 2, 4);
        }

        Assert.DoesNotContain('\n', _error.ToString());
        Assert.EndsWith("\r", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_Quiet_WritesNothing()
    {
        using var progress = new ProgressReporter(_error, isTerminal: true, quiet: true, _clock);
        progress.Report("loading", 1, 2);
        progress.Say("a remark");
        Assert.Equal("", _error.ToString());
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan span) => _now += span.Ticks;
    }
}
