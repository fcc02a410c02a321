using System.Diagnostics;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// Compares things with one basis to within a percent on a machine that does not stand still: every reading lies between two of the basis and is divided by their mean,
/// so that a slow drift cancels, and each round begins with another racer, so that none always follows the same one.
/// </summary>
/// <param name="clock">Seconds that have passed; null for wall-clock time.</param>
public sealed class PairedRace(Func<double>? clock = null)
{
    private List<double> _basis = [];
    private List<double>[] _times = [], _ratios = [];

    /// <summary>Rounds at least, however long they take.</summary>
    public int LeastRounds { get; init; } = 3;

    /// <summary>Time of one run of the basis.</summary>
    public Timing Basis => Timing.Of(_basis);

    /// <summary>Runs everything once without counting, then all by turns until <paramref name="seconds"/> have passed. What is run must be finished when it returns.</summary>
    public void Run(double seconds, Action basis, params ReadOnlySpan<Action> racers)
    {
        int count = racers.Length;
        _basis = [];
        _times = [.. Enumerable.Range(0, count).Select(_ => new List<double>())];
        _ratios = [.. Enumerable.Range(0, count).Select(_ => new List<double>())];
        foreach (var racer in racers) racer();
        basis();
        double before = Read(basis);
        _basis.Add(before);
        var passed = Stopwatch.StartNew();
        for (int round = 0; round < LeastRounds || passed.Elapsed.TotalSeconds < seconds; round++)
        {
            for (int i = 0; i < count; i++)
            {
                int racer = (round + i) % count;
                double time = Read(racers[racer]), after = Read(basis);
                _times[racer].Add(time);
                _ratios[racer].Add(2 * time / (before + after));
                _basis.Add(after);
                before = after;
            }
        }
    }

    /// <summary>Racer <paramref name="i"/> over the basis.</summary>
    public PairRatio Ratio(int i)
    {
        var ratios = Timing.Of(_ratios[i]);
        return new PairRatio(ratios.Median, ratios.Low, ratios.High, _times[i].Min() / _basis.Min(), ratios.Readings);
    }

    private double Read(Action run)
    {
        double start = Now();
        run();
        return Now() - start;
    }

    private double Now() => clock?.Invoke() ?? (Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
}
