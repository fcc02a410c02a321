using Babel.Kernels;

namespace Babel.Model.Tests.Decoding;

/// <summary>Keeps statistics and scores of every layer, and captured tensors, on the host.</summary>
internal sealed class RecordingSink(params Site[] sites) : IProbeSink
{
    public Dictionary<(int Layer, Site Site, string Statistic), double[]> Stats { get; } = [];

    public Dictionary<(int Layer, string Part), double[]> Scores { get; } = [];

    public Dictionary<SiteRef, double[]> Values { get; } = [];

    public void OnLayer(int layer, LayerProbe probe)
    {
        int sequences = probe.Layout.Count;
        foreach (var site in sites)
        {
            if (probe.Stats(site) is not { } stats) continue;
            Stats[(layer, site, "count")] = [.. stats.Count.View.Device.ToInts(stats.Count.Rows(sequences)).Select(c => (double)c)];
            foreach (var (name, tensor) in ((string, Tensor)[])[("sum", stats.Sum), ("abs", stats.SumAbs), ("squares", stats.SumSquares), ("max", stats.Max)])
                Stats[(layer, site, name)] = tensor.View.Device.ToDoubles(tensor.Rows(sequences));
        }

        foreach (var (name, view) in ((string, TensorView?)[])[("q", probe.QScores), ("k", probe.KScores), ("v", probe.ValueScores)])
        {
            if (view is { } scores) Scores[(layer, name)] = scores.Device.ToDoubles(scores);
        }
    }

    public void OnCapture(SiteRef site, TensorView values) => Values[site] = values.Device.ToDoubles(values);
}
