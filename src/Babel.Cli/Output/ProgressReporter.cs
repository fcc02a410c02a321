namespace Babel.Cli.Output;

/// <summary>
/// Progress with time left, on stderr only. On a terminal one line that is rewritten; elsewhere (a log, a pipe) a plain line at the start
/// of a stage, then at most one every ten seconds, and one at its end.
/// </summary>
internal sealed class ProgressReporter(TextWriter error, bool isTerminal, bool quiet, TimeProvider? clock = null) : IDisposable
{
    private static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogPause = TimeSpan.FromSeconds(10);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private string? _stage;
    private long _stageStart;
    private long _firstDone;
    private long _lastShown;
    private int _shownCells;
    private bool _finished;

    /// <summary>Says how far a stage is; <paramref name="total"/> 0 when nobody knows. A new name begins a new stage.</summary>
    public void Report(string stage, long done, long total, string? detail = null)
    {
        if (quiet) return;
        lock (_gate)
        {
            bool begins = stage != _stage;
            if (begins) Begin(stage, done);
            bool ends = total > 0 && done >= total;
            if (ends && _finished) return;
            if (!begins && !ends && _clock.GetElapsedTime(_lastShown) < (isTerminal ? TerminalPause : LogPause)) return;
            _finished = ends;
            _lastShown = _clock.GetTimestamp();
            Show(Text(done, total, detail), ends);
        }
    }

    /// <summary>A remark on a line of its own; not shown when quiet.</summary>
    public void Say(string text)
    {
        if (quiet) return;
        lock (_gate)
        {
            Clear();
            error.WriteLine(text);
        }
    }

    /// <summary>Removes the rewritten line, so that what follows starts clean.</summary>
    public void Dispose()
    {
        lock (_gate) Clear();
    }

    private void Begin(string stage, long done)
    {
        Clear();
        (_stage, _stageStart, _firstDone, _finished) = (stage, _clock.GetTimestamp(), done, false);
    }

    private string Text(long done, long total, string? detail)
    {
        var elapsed = _clock.GetElapsedTime(_stageStart);
        string text = total > 0 ? $"{_stage}: {Format.Count(done)} of {Format.Count(total)}" : $"{_stage}";
        if (detail is not null) text += $", {detail}";
        long made = done - _firstDone;
        if (total > 0 && done >= total) return elapsed.TotalSeconds >= 1 ? $"{text}, {Format.Duration(elapsed)}" : text;
        if (total > 0 && made > 0 && elapsed.TotalSeconds >= 1)
            text += $", {Format.Duration(elapsed * ((total - done) / (double)made))} left";
        return text;
    }

    private void Show(string text, bool ends)
    {
        if (!isTerminal)
        {
            error.WriteLine(text);
            return;
        }

        text = TextWidth.Cut(text, 99);
        int cells = TextWidth.Of(text);
        error.Write('\r' + text + new string(' ', Math.Max(0, _shownCells - cells)));
        _shownCells = cells;
        if (!ends) return;
        error.WriteLine();
        _shownCells = 0;
    }

    private void Clear()
    {
        if (_shownCells == 0) return;
        error.Write('\r' + new string(' ', _shownCells) + '\r');
        _shownCells = 0;
    }
}
