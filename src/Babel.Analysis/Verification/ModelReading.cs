using System.Diagnostics;
using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Verification;

/// <summary>Everything a study asks of a model, asked of one on one device: logits, sites, neurons switched off, generated text, statistics.</summary>
internal sealed class ModelReading
{
    private const int NewTokens = 10;
    private const int Prompts = 2;
    private const int OneInFive = 5;

    /// <summary>Short, long, and one with the length of a tile: sequences of a batch, and windows of documents.</summary>
    private static readonly int[] s_lengths = [23, 5, 41, 16];

    private static readonly (string Name, Site[] Sites)[] s_sites =
    [
        ("attention sites", [Site.AttnIn, Site.Q, Site.K, Site.V, Site.Pattern, Site.Z, Site.AttnOut]),
        ("FFN sites", [Site.MlpIn, Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.MlpOut]),
        ("residual stream", [Site.ResidPre, Site.ResidMid, Site.ResidPost]),
    ];

    private readonly LanguageModel _model;
    private readonly IReadOnlyList<int[]> _sequences;
    private readonly CancellationToken _ct;
    private readonly List<Quantity> _quantities = [];

    private ModelReading(LanguageModel model, CancellationToken ct)
    {
        (_model, _ct) = (model, ct);
        _sequences = Sequences(model.Spec);
    }

    /// <summary>In an order that is the same on every device.</summary>
    public IReadOnlyList<Quantity> Quantities => _quantities;

    /// <summary>The tokens generated for every prompt.</summary>
    public required IReadOnlyList<int[]> Generated { get; init; }

    /// <summary>The logits of every step, by prompt.</summary>
    public required IReadOnlyList<IReadOnlyList<double[]>> Steps { get; init; }

    /// <summary>What generation took.</summary>
    public required double GenerationMilliseconds { get; init; }

    /// <summary>Runs a model.</summary>
    public static ModelReading Take(LanguageModel model, CancellationToken ct)
    {
        var steps = Enumerable.Range(0, Prompts).Select(_ => new List<double[]>()).ToList();
        var options = new GenerationOptions
        {
            MaxNewTokens = NewTokens,
            OnLogits = (prompt, _, logits) => steps[prompt].Add(Array.ConvertAll(logits.ToArray(), v => (double)v)),
        };
        long start = Stopwatch.GetTimestamp();
        var prompts = Sequences(model.Spec).Take(Prompts).ToList();
        var reading = new ModelReading(model, ct)
        {
            Generated = new TextGenerator(model).Generate(prompts, options, ct: ct), Steps = steps, GenerationMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds,
        };
        reading.Forward();
        reading.Sites();
        reading.Ablated();
        reading.Statistics();
        return reading;
    }

    /// <summary>Ids that use the vocabulary evenly, cut to a model's table of positions.</summary>
    private static List<int[]> Sequences(DecoderSpec spec)
    {
        uint state = 12345;
        int Next()
        {
            // Numerical Recipes' linear congruence; its high bits are good enough for ids.
            state = (state * 1664525) + 1013904223;
            return (int)((state >> 8) % (uint)spec.Vocabulary);
        }

        int most = spec.HasPositionTable ? Math.Max(1, spec.MaxPositions - NewTokens) : int.MaxValue;
        return [.. s_lengths.Select(length => Enumerable.Range(0, Math.Min(length, most)).Select(_ => Next()).ToArray())];
    }

    private void Forward()
    {
        using var batch = Batch.Pack(_model, _sequences);
        Add("logits", () => [("logits", Doubles(_model.Run(batch, ForwardOutput.Logits, ct: _ct).Logits))]);
        Add("log-probabilities", () => [("log-probabilities", Doubles(_model.Run(batch, ForwardOutput.LogProbs, ct: _ct).LogProbs))]);
    }

    private void Sites()
    {
        using var batch = Batch.Pack(_model, _sequences);
        foreach (var (name, sites) in s_sites)
        {
            var here = sites.Where(s => s == Site.Pattern || _model.Spec.Width(s) > 0);
            var wanted = here.SelectMany(s => Enumerable.Range(0, _model.Spec.Layers).Select(l => new SiteRef(s, l))).ToHashSet();
            Add(name, () =>
            {
                var sink = new Captured(_model.Device);
                _model.Run(batch, ForwardOutput.None, new ProbePlan { Captures = wanted }, sink, _ct);
                return [.. sink.Values.OrderBy(v => v.Name, StringComparer.Ordinal)];
            });
        }
    }

    private void Ablated()
    {
        var spec = _model.Spec;
        using var batch = Batch.Pack(_model, _sequences);
        var off = from part in (NeuronPart[])[NeuronPart.Down, NeuronPart.Q, NeuronPart.V, NeuronPart.O]
                  from layer in Enumerable.Range(0, spec.Layers)
                  from k in Enumerable.Range(0, spec.NeuronCount(part) / OneInFive)
                  select new NeuronId(layer, part, k * OneInFive);
        var plan = new ProbePlan { Ablation = NeuronMask.Off(spec, off) };
        Add("logits, neurons off", () => [("logits", Doubles(_model.Run(batch, ForwardOutput.Logits, plan, ct: _ct).Logits))]);
    }

    /// <summary>Documents of two languages, the last of two windows, in two batches, as a study takes them.</summary>
    private void Statistics()
    {
        List<TokenizedDocument> documents =
        [
            new(new Document("a", 0, ""), [_sequences[0]]), new(new Document("b", 0, ""), [_sequences[1]]),
            new(new Document("a", 1, ""), [_sequences[2], _sequences[3]]),
        ];
        var options = new StatisticsOptions { QkImportance = ImportanceForms.Exact };
        long start = Stopwatch.GetTimestamp();
        var collector = new StatisticsCollector(_model, options, documents);
        collector.Run([[new(documents[0], 0), new(documents[1], 0)], [new(documents[2], 0), new(documents[2], 1)]], ct: _ct);
        using var stats = collector.Finish("none", s_lengths.Max());
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var sums = stats.Languages.SelectMany(l => l.Sums.Select(s => (Name: $"{l.Language} {s.Key}", s.Value))).OrderBy(s => s.Name, StringComparer.Ordinal).ToList();
        _quantities.Add(new Quantity("LAPE counters", [.. sums.Select(s => (s.Name, Array.ConvertAll(s.Value.Count.ToArray(), v => (double)v)))], time, IsCount: true));
        _quantities.Add(new Quantity("activation sums", [.. sums.SelectMany(s => Sums(s.Name, s.Value))], 0));
        var importances = stats.Languages.SelectMany(l => l.Importances.Select(i => (Name: $"{l.Language} {i.Key}", i.Key.Part, Values: Means(i.Value)))).OrderBy(i => i.Name, StringComparer.Ordinal).ToList();
        bool IsQk(NeuronPart part) => part is NeuronPart.Q or NeuronPart.K;
        _quantities.Add(new Quantity("PLND of FFN, V, O", [.. importances.Where(i => !IsQk(i.Part)).Select(i => (i.Name, i.Values))], 0));
        _quantities.Add(new Quantity("PLND of Q, K", [.. importances.Where(i => IsQk(i.Part)).Select(i => (i.Name, i.Values))], 0));
    }

    private static IEnumerable<(string Name, double[] Values)> Sums(string name, TapSums sums) =>
    [
        ($"{name} sum", Array.ConvertAll(sums.Sum.ToArray(), FixedPoint.ToDouble)), ($"{name} sum of magnitudes", Array.ConvertAll(sums.SumAbs.ToArray(), FixedPoint.ToDouble)),
        ($"{name} sum of squares", Array.ConvertAll(sums.SumSquares.ToArray(), FixedPoint.ToDouble)), ($"{name} maximum", Array.ConvertAll(sums.Max.ToArray(), v => (double)v)),
    ];

    private static double[] Means(ImportanceStats stats) => [.. stats.Sum.ToArray().Select(s => FixedPoint.ToDouble(s) / stats.Documents)];

    private void Add(string name, Func<IReadOnlyList<(string Name, double[] Values)>> read)
    {
        long start = Stopwatch.GetTimestamp();
        var tensors = read();
        _quantities.Add(new Quantity(name, tensors, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);

    private sealed class Captured(Device device) : IProbeSink
    {
        public List<(string Name, double[] Values)> Values { get; } = [];

        public void OnLayer(int layer, LayerProbe probe)
        {
        }

        public void OnCapture(SiteRef site, TensorView values) => Values.Add((site.ToString(), device.ToDoubles(values)));
    }
}
