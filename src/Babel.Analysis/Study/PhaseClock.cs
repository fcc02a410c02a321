namespace Babel.Analysis.Study;

/// <summary>Wall time by phase.</summary>
internal sealed class PhaseClock(TimeProvider clock)
{
    private readonly SortedDictionary<StudyPhase, TimeSpan> _times = [];

    /// <summary>The phases that ran, in their order, with their seconds.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Seconds =>
        [.. _times.Select(t => KeyValuePair.Create(t.Key.ToString().ToLowerInvariant(), t.Value.TotalSeconds))];

    /// <summary>Runs something and adds its time to a phase.</summary>
    public T Time<T>(StudyPhase phase, Func<T> work)
    {
        long start = clock.GetTimestamp();
        var result = work();
        _times[phase] = _times.GetValueOrDefault(phase) + clock.GetElapsedTime(start);
        return result;
    }
}
