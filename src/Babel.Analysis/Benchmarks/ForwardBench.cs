using System.Diagnostics;
using Babel.Analysis.Planning;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>Measures what a model does with text: reading it (prefill) and writing it (one token at a time).</summary>
public static class ForwardBench
{
    /// <summary>The peak is read in every round for so long: neighbours on the machine come and go.</summary>
    private const double PeakSeconds = 0.02;

    /// <summary>Measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">N, tokens of a batch, about.</param>
    /// <param name="length">T, tokens of a sequence.</param>
    /// <param name="seconds">For prefill, and again for generation, about.</param>
    /// <param name="ct">Looked at between layers.</param>
    public static ForwardMeasurement Measure(
        BenchModel model, int tokens, int length, double seconds, CancellationToken ct = default)
    {
        var language = model.Model;
        using var batch = Batch.Pack(language, BenchTokens.Draw(language.Spec, tokens, length));

        // A device of its own memory says that it has no room for the pass before anything is measured; on the host the pass would count as the program's.
        using var early = language.Device.MostBytes is null ? null : DeviceCeilings.OpenMemory(language.Device);
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
        using var memory = early ?? DeviceCeilings.OpenMemory(language.Device);
        var decode = DecodeRace.Run(language, memory, model.StepBytes, length, seconds, ct);
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
            Step = decode.Step,
            StepBytes = model.StepBytes,
            ReadGigabytes = decode.Gigabytes,
            OfBandwidth = decode.OfBandwidth,
            StepAllocatedBytes = decode.AllocatedBytes,
            OfPeak = Timing.Of(shares).Median,
            ResidentBytes = resident,
            AllocatedBytes = allocated,
        };
    }
}
