using System.Diagnostics;
using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Benchmarks;

/// <summary>Memory that a run takes, by the growth of this process, against the formulas that <c>babel plan</c> uses.</summary>
internal static class ScalingMemory
{
    private const int FewTokens = 512;
    private const int ManyTokens = 4096;
    private const int Length = 128;
    private const int Documents = 16;

    /// <summary>Of the small shape: weights, activations, and the statistics of 1, 4 and 16 languages. To be called first: freed memory that is taken again does not show.</summary>
    public static IEnumerable<MemoryPoint> Measure(Device device, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke("memory");
        long before = Resident();
        using var model = BenchModel.Open(device, "small", RandomModelShape.Named["small"], ct: ct);
        yield return new MemoryPoint($"weights, small {model.Storage}", Resident() - before, model.ResidentBytes);
        var spec = model.Model.Spec;
        long After(int tokens)
        {
            using var batch = Batch.Pack(model.Model, BenchTokens.Draw(spec, tokens, Length));
            model.Model.Run(batch, ForwardOutput.LogProbs, ct: ct);
            device.Synchronize();
            return Resident();
        }

        double Activations(int tokens) => ActivationFootprint.Of(spec, device, tokens, tokens / Length, Length, model.Storage, ProbePlan.None, logProbs: true);
        long few = After(FewTokens), many = After(ManyTokens);
        yield return new MemoryPoint($"activations, {ManyTokens} tokens over {FewTokens}", many - few, Activations(ManyTokens) - Activations(FewTokens));
        foreach (int languages in (int[])[1, 4, 16])
        {
            var footprint = StatisticsFootprint.TokenMajor(ModelShape.Of(spec), new StatisticsOptions(), languages, Documents);
            yield return new MemoryPoint($"statistics, {languages} languages", Statistics(model.Model, languages, ct), footprint.Sums + footprint.Documents);
        }
    }

    /// <summary>What the statistics of a few short documents keep on the managed heap.</summary>
    private static double Statistics(LanguageModel model, int languages, CancellationToken ct)
    {
        var documents = BenchTokens.Documents(BenchTokens.Draw(model.Spec, Documents * 8, 8), languages);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        StatisticsCollector? collector = new(model, new StatisticsOptions(), documents);
        collector.Run([[.. documents.Select(d => new BatchWindow(d, 0))]], ct: ct);
        var stats = collector.Finish("none", Length);
        collector = null;
        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(stats);
        return after - before;
    }

    private static long Resident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
