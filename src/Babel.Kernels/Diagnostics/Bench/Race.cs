using System.Diagnostics;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// Runs things by turns, so that what else the machine does falls on all alike, and compares readings of the same round: ratios are steadier than
/// times. Something short is repeated within a reading until the clock can see it.
/// </summary>
/// <param name="clock">Seconds that have passed; null for wall-clock time.</param>
public sealed class Race(Func<double>? clock = null)
{
    /// <summary>A reading lasts at least this long, seconds.</summary>
    private const double ShortestReading = 1e-3;

    private const int MostRepeats = 1 << 16;
    private List<double>[] _times = [];

    /// <summary>Rounds that are run and not counted, before anything is measured.</summary>
    public int Warmups { get; init; } = 2;

    /// <summary>Rounds at least, however long they take.</summary>
    public int LeastRounds { get; init; } = 5;

    /// <summary>Whether every reading follows a run of the same thing that is not counted, so that none finds the caches as another left them.</summary>
    public bool Rehearse { get; init; }

    /// <summary>Runs all by turns until <paramref name="seconds"/> have passed. What is run must be finished when it returns.</summary>
    public void Run(double seconds, params ReadOnlySpan<Action> racers)
    {
        var times = new List<double>[racers.Length];
        int[] repeats = new int[racers.Length];
        for (int i = 0; i < racers.Length; i++)
        {
            times[i] = [];
            repeats[i] = Repeats(racers[i]);
        }

        var passed = Stopwatch.StartNew();
        for (int round = -Warmups; round < LeastRounds || passed.Elapsed.TotalSeconds < seconds; round++)
        {
            for (int i = 0; i < racers.Length; i++)
            {
                if (Rehearse) racers[i]();
                double time = Read(racers[i], repeats[i]);
                if (round >= 0) times[i].Add(time);
            }
        }

        _times = times;
    }

    /// <summary>Time of one run of racer <paramref name="i"/>.</summary>
    public Timing Time(int i) => Timing.Of(_times[i]);

    /// <summary>The readings of racer <paramref name="i"/>, round by round, seconds of one run.</summary>
    public IReadOnlyList<double> Readings(int i) => _times[i];

    /// <summary>Median over rounds of the time of <paramref name="i"/> over that of <paramref name="j"/>.</summary>
    public double Ratio(int i, int j) => Timing.Of(_times[i].Zip(_times[j], (a, b) => a / b)).Median;

    private int Repeats(Action racer)
    {
        // The first run compiles; something long is not run again only to be timed.
        if (Read(racer, 1) > 100 * ShortestReading) return 1;
        int repeats = 1;
        while (repeats < MostRepeats && Read(racer, repeats) * repeats < ShortestReading) repeats *= 2;
        return repeats;
    }

    private double Read(Action racer, int repeats)
    {
        double start = Now();
        for (int r = 0; r < repeats; r++) racer();
        return (Now() - start) / repeats;
    }

    private double Now() => clock?.Invoke() ?? (Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
}
