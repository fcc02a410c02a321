using System.Diagnostics;
using Babel.Bench.Interop;

namespace Babel.Bench;

/// <summary>Runs things by turns, so that what else the machine does falls on all alike, and compares neighbouring runs.</summary>
/// <param name="cpuTime">Count the thread's processor time instead of wall-clock time; for one thread.</param>
/// <param name="leastRounds">Rounds that are run however long they take; fewer for what takes seconds.</param>
internal sealed class Interleaved(bool cpuTime, int leastRounds = 9)
{
    private const int Warmups = 3;

    private List<double>[] _times = [];

    /// <summary>Runs all by turns for about <paramref name="seconds"/>; a reading is <paramref name="repeats"/> runs after one that is not counted.</summary>
    public void Run(double seconds, int repeats, params Action[] racers)
    {
        _times = Array.ConvertAll(racers, _ => new List<double>());
        var clock = Stopwatch.StartNew();
        for (int round = -Math.Min(Warmups, leastRounds / 3); round < leastRounds || clock.Elapsed.TotalSeconds < seconds; round++)
        {
            for (int i = 0; i < racers.Length; i++)
            {
                racers[i]();
                double start = Now();
                for (int r = 0; r < repeats; r++) racers[i]();
                double time = (Now() - start) / repeats;
                if (round >= 0) _times[i].Add(time);
            }
        }
    }

    /// <summary>Median seconds of racer <paramref name="i"/>.</summary>
    public double Median(int i) => Middle(_times[i]);

    /// <summary>Median over rounds of the time of <paramref name="i"/> over that of <paramref name="j"/>.</summary>
    public double Ratio(int i, int j) => Middle(_times[i].Zip(_times[j], (a, b) => a / b));

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private double Now() => cpuTime ? ThreadClock.Seconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
