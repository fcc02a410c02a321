using System.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>
/// Generation beside the memory it has to read: after every token as many bytes are read as a token needs of weights, so that what else the machine does falls on both,
/// and a token is compared with the readings before and after it.
/// </summary>
/// <param name="Step">Time from one token to the next, sampling included.</param>
/// <param name="Gigabytes">The median of the readings, 10^9 bytes a second.</param>
/// <param name="OfBandwidth">The median over tokens of the time its bytes take to be read, over its own time.</param>
/// <param name="AllocatedBytes">Managed bytes of a token, the median.</param>
internal readonly record struct DecodeRace(Timing Step, double Gigabytes, double OfBandwidth, long AllocatedBytes)
{
    private const int NewTokens = 17;

    /// <summary>Runs for about <paramref name="seconds"/>, half of them for the readings. The first token of a text, which reads the prompt, does not count.</summary>
    public static DecodeRace Run(LanguageModel model, MemoryPass memory, long stepBytes, int length, double seconds, CancellationToken ct)
    {
        var generator = new TextGenerator(model);
        int prompt = model.Spec.HasPositionTable ? Math.Min(length, model.Spec.MaxPositions - NewTokens) : length;
        var prompts = BenchTokens.Draw(model.Spec, prompt, prompt);
        var options = new GenerationOptions { MaxNewTokens = NewTokens, StopIds = new HashSet<int>() };
        List<double> times = [], rates = [], shares = [];
        var allocated = new List<double>();
        double before = 0;
        long last = 0, garbage = 0;
        void OnToken(int index, int token)
        {
            double time = Stopwatch.GetElapsedTime(last).TotalSeconds;
            long made = GC.GetAllocatedBytesForCurrentThread() - garbage;
            double rate = memory.Read(stepBytes);
            if (before > 0)
            {
                times.Add(time);
                rates.Add(rate);
                shares.Add(stepBytes / 1e9 / ((before + rate) / 2) / time);
                allocated.Add(made);
            }

            before = rate;
            garbage = GC.GetAllocatedBytesForCurrentThread();
            last = Stopwatch.GetTimestamp();
        }

        var passed = Stopwatch.StartNew();
        do
        {
            before = 0;
            generator.Generate(prompts, options, onToken: OnToken, ct: ct);
        }
        while (passed.Elapsed.TotalSeconds < seconds);
        return new DecodeRace(Timing.Of(times), Timing.Of(rates).Median, Timing.Of(shares).Median, (long)Timing.Of(allocated).Median);
    }
}
