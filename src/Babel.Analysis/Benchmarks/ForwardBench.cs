using System.Diagnostics;
using Babel.Analysis.Planning;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>Measures what a model does with text: reading it (prefill) and writing it (one token at a time).</summary>
public static class ForwardBench
{
    private const int NewTokens = 17;

    /// <summary>The peak is read in every round for so long: neighbours on the machine come and go.</summary>
    private const double PeakSeconds = 0.02;

    private const double MemorySeconds = 0.3;

    /// <summary>Measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ceilings">Of its device, measured in the same run.</param>
    /// <param name="tokens">N, tokens of a batch, about.</param>
    /// <param name="length">T, tokens of a sequence.</param>
    /// <param name="seconds">For prefill, and again for generation, about.</param>
    /// <param name="ct">Looked at between layers.</param>
    public static ForwardMeasurement Measure(
        BenchModel model, DeviceCeilings ceilings, int tokens, int length, double seconds, CancellationToken ct = default)
    {
        var language = model.Model;
        using var batch = Batch.Pack(language, BenchTokens.Draw(language.Spec, tokens, length));
        void Forward()
        {
            language.Run(batch, ForwardOutput.LogProbs, ct: ct);
            language.Device.Synchronize();
        }

        var race = new Race { Warmups = 0, LeastRounds = 3 };
        var peaks = new List<double>();
        race.Run(seconds, Forward, () => peaks.Add(DeviceCeilings.Arithmetic(language.Device, PeakSeconds).Rate));
        double flop = ForwardCost.Of(language.Spec, length).Total * batch.Tokens;
        var shares = race.Readings(0).Zip(peaks.TakeLast(race.Readings(0).Count), (time, peak) => flop / time / peak / 1e9);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Forward();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        using var process = Process.GetCurrentProcess();
        long resident = process.WorkingSet64;
        var step = Steps(language, length, seconds, ct);
        return new ForwardMeasurement
        {
            Model = model.Name,
            Storage = model.Storage,
            WeightBytes = model.WeightBytes,
            LoadSeconds = model.LoadSeconds,
            Tokens = batch.Tokens,
            Length = length,
            Prefill = race.Time(0),
            Cost = ForwardCost.Of(language.Spec, length),
            Step = step,
            StepBytes = model.StepBytes,
            ReadGigabytes = Math.Max(ceilings.Gigabytes, DeviceCeilings.Memory(language.Device, MemorySeconds).Rate),
            OfPeak = Timing.Of(shares).Median,
            ResidentBytes = resident,
            AllocatedBytes = allocated,
        };
    }

    /// <summary>The time between one new token and the next; the first, which reads the prompt, does not count.</summary>
    private static Timing Steps(LanguageModel model, int length, double seconds, CancellationToken ct)
    {
        var generator = new TextGenerator(model);
        int prompt = model.Spec.HasPositionTable ? Math.Min(length, model.Spec.MaxPositions - NewTokens) : length;
        var prompts = BenchTokens.Draw(model.Spec, prompt, prompt);
        var options = new GenerationOptions { MaxNewTokens = NewTokens, StopIds = new HashSet<int>() };
        var times = new List<double>();
        var passed = Stopwatch.StartNew();
        do
        {
            long last = 0;
            generator.Generate(
                prompts,
                options,
                onToken: (_, _) =>
                {
                    long now = Stopwatch.GetTimestamp();
                    if (last != 0) times.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds);
                    last = now;
                },
                ct: ct);
        }
        while (passed.Elapsed.TotalSeconds < seconds);
        return Timing.Of(times);
    }
}
