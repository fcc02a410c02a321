using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model.Decoding;

/// <summary>A <see cref="ProbePlan"/> during one run: which taps an operator gets, and what goes to the sink when.</summary>
internal sealed class ProbeRun
{
    private static readonly int s_sites = Enum.GetValues<Site>().Length;
    private readonly ProbePlan _plan;
    private readonly IProbeSink? _sink;
    private readonly SequenceLayout _layout;
    private readonly Scratch _scratch;
    private readonly MaskTensors? _mask;
    private readonly IReadOnlyDictionary<Site, TapStats> _stats;
    private readonly NeuronTap?[] _taps = new NeuronTap?[s_sites];
    private readonly LayerProbe _seen;

    public ProbeRun(
        ProbePlan plan, IProbeSink? sink, SequenceLayout layout, Scratch scratch, MaskTensors? mask, IReadOnlyDictionary<Site, TapStats> stats)
    {
        (_plan, _sink, _layout, _scratch, _mask, _stats) = (plan, sink, layout, scratch, mask, stats);
        _seen = new LayerProbe(layout, stats);
    }

    public QkScoreForm? QkScores => _plan.QkScores;

    public bool ValueScores => _plan.ValueScores;

    /// <summary>Refuses plans the model cannot serve.</summary>
    public static void Check(ProbePlan plan, DecoderSpec spec, IProbeSink? sink)
    {
        foreach (var site in plan.Captures)
        {
            bool layered = !site.IsGlobal;
            bool exists = site.Site == Site.Pattern || spec.Width(site.Site) > 0;
            bool layer = layered ? (uint)site.Layer < (uint)spec.Layers : site.Layer == -1;
            if (exists && layer) continue;
            throw new ModelInputException(
                "the model has no such site",
                site.ToString(),
                layered ? $"a layer from 0 to {spec.Layers - 1}" : "layer -1",
                exists ? $"layer {site.Layer}" : $"a {spec.Family} without {site.Site}",
                exists ? null : "MlpUp needs a gated FFN, ResidMid a sequential block");
        }

        foreach (var site in plan.Statistics)
        {
            if (site is Site.MlpPre or Site.MlpUp or Site.MlpPost or Site.Q or Site.K or Site.V or Site.Z) continue;
            throw new ModelInputException("statistics are not taken at this site", site.ToString(), "MlpPre, MlpUp, MlpPost, Q, K, V or Z");
        }

        bool observes = plan.Captures.Count > 0 || plan.Statistics.Count > 0 || plan.QkScores is not null || plan.ValueScores;
        if (observes && sink is null) throw new ArgumentNullException(nameof(sink), "a plan that observes needs a sink");
    }

    public bool Wants(Site site, int layer) => _plan.Captures.Contains(new SiteRef(site, layer));

    /// <summary>Hands a tensor that lies in memory to the sink, if it is wanted.</summary>
    public void Capture(Site site, int layer, TensorView values)
    {
        if (Wants(site, layer)) _sink!.OnCapture(new SiteRef(site, layer), values);
    }

    /// <summary>
    /// The tap of an operator at a site: statistics where planned, and values where they are wanted but the operator's output is
    /// something else (<paramref name="passing"/>), into a buffer that <see cref="CaptureTapped"/> hands on.
    /// </summary>
    public NeuronTap? Tap(Site site, int layer, long width, bool passing)
    {
        var stats = _stats.GetValueOrDefault(site);
        if (passing && Wants(site, layer)) return new NeuronTap(_scratch.Get("tap " + site, _layout.Tokens, width), stats, _layout);

        // One a run, not one a layer.
        return stats is null ? null : _taps[(int)site] ??= new NeuronTap(null, stats, _layout);
    }

    public void CaptureTapped(Site site, int layer, NeuronTap? tap)
    {
        if (tap?.Values is { } values) Capture(site, layer, values);
    }

    public TensorView? Scale(Site site, int layer) => _mask?.Scale(site, layer);

    public void Scored(TensorView q, TensorView k) => (_seen.QScores, _seen.KScores) = (q, k);

    public void Scored(TensorView values) => _seen.ValueScores = values;

    /// <summary>Tells the sink that a layer's statistics and scores are complete.</summary>
    public void EndLayer(int layer)
    {
        if (_stats.Count == 0 && QkScores is null && !ValueScores) return;
        _sink!.OnLayer(layer, _seen);
    }
}
