using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// One block, as a function of its weights, the hidden states and the batch: nothing in here knows which layer ran before, so a schedule may
/// go token by token through all layers or layer by layer through all tokens.
/// </summary>
internal sealed class DecoderBlock(DecoderSpec spec, Device device, Scratch scratch, Func<int, TensorView> valueGram)
{
    private readonly IOps _ops = device.Ops;
    private readonly Epilogues _epilogues = new(spec.Layers);
    private readonly AttentionSpec[] _attention = [.. Enumerable.Range(0, spec.Layers).Select(i => Attention(spec, i))];
    private QkScoreInputs? _scoreInputs;

    /// <summary>Advances <paramref name="x"/> [N, D] by one layer, in place; the forms are those of <see cref="ResidualForm"/>.</summary>
    public void Forward(int layer, LayerWeights w, TensorView x, Batch batch, KvCache? cache, ProbeRun probe)
    {
        var call = new Call(layer, w, batch, cache, probe);
        var a = scratch.Get("normed", x.Shape.Rows, spec.ModelWidth);
        probe.Capture(Site.ResidPre, layer, x);
        switch (spec.Residual)
        {
            case ResidualForm.PreNorm:
                Norm(w.AttnNorm, x, a);
                Attend(call, a, residual: x, output: x);
                probe.Capture(Site.ResidMid, layer, x);
                Norm(w.FfnNorm!, x, a);
                Ffn(call, a, residual: x, output: x);
                break;

            case ResidualForm.NormedResidual:
                Norm(w.AttnNorm, x, a);
                Attend(call, a, residual: a, output: x);
                probe.Capture(Site.ResidMid, layer, x);
                Norm(w.FfnNorm!, x, a);
                Ffn(call, a, residual: a, output: x);
                break;

            case ResidualForm.PostNorm:
                Attend(call, x, residual: x, output: x);
                Norm(w.AttnNorm, x, x);
                probe.Capture(Site.ResidMid, layer, x);
                Ffn(call, x, residual: x, output: x);
                Norm(w.FfnNorm!, x, x);
                break;

            case ResidualForm.Sandwich:
                var written = scratch.Get("written", x.Shape.Rows, spec.ModelWidth);
                Norm(w.AttnNorm, x, a);
                Attend(call, a, residual: null, output: written);
                Norm(w.AttnPostNorm!, written, written);
                _ops.Add(x, written, x);
                probe.Capture(Site.ResidMid, layer, x);
                Norm(w.FfnNorm!, x, a);
                Ffn(call, a, residual: null, output: written);
                Norm(w.FfnPostNorm!, written, written);
                _ops.Add(x, written, x);
                break;

            default:
                var attended = scratch.Get("written", x.Shape.Rows, spec.ModelWidth);
                Norm(w.AttnNorm, x, a);
                Attend(call, a, residual: x, output: attended);
                if (spec.Residual == ResidualForm.ParallelTwoNorms) Norm(w.FfnNorm!, x, a);
                Ffn(call, a, residual: attended, output: x);
                break;
        }

        probe.Capture(Site.ResidPost, layer, x);
        probe.EndLayer(layer);
    }

    /// <summary><c>output = residual + Wo Attention(Rope(Wq a), Rope(Wk a), Wv a)</c>.</summary>
    private void Attend(Call call, TensorView a, TensorView? residual, TensorView output)
    {
        var (layer, w, batch, cache, probe) = call;
        long rows = a.Shape.Rows;
        var form = _attention[layer];
        probe.Capture(Site.AttnIn, layer, a);
        var q = Project(call, Site.Q, a, w.Q);
        var k = Project(call, Site.K, a, w.K);
        var v = Project(call, Site.V, a, w.V);
        bool scored = probe.QkScores is not null;
        var (normedQ, turnedQ) = Turn(w.QNorm, q, batch, scored ? ("normed q", "turned q") : null);
        var (normedK, turnedK) = Turn(w.KNorm, k, batch, scored ? ("normed k", "turned k") : null);
        var (keys, values) = (turnedK, v);
        if (cache is not null)
        {
            _ops.ScatterRows(turnedK, batch.CacheRows!.Value, cache.Keys(layer));
            _ops.ScatterRows(v, batch.CacheRows!.Value, cache.Values(layer));
            (keys, values) = (cache.Keys(layer), cache.Values(layer));
        }

        var z = scratch.Get("z", rows, spec.QueryWidth);
        var epilogue = _epilogues.Of(
            layer, Site.Z, bias: null, probe.Scale(Site.Z, layer), post: probe.Tap(Site.Z, layer, spec.QueryWidth, passing: false));
        TensorView? pattern = probe.Wants(Site.Pattern, layer) ? Pattern(batch.Layout) : null;
        _ops.Attention(turnedQ, keys, values, z, form, batch.Layout, epilogue, pattern);
        if (pattern is { } p) probe.Capture(Site.Pattern, layer, p);
        probe.Capture(Site.Z, layer, z);
        if (probe.QkScores is { } scoreForm)
        {
            Score(scoreForm, call, form, ScoreInputs(normedQ, normedK, turnedQ, turnedK, batch.Rotary, q, k));
        }

        if (probe.ValueScores) ScoreValues(call, form, z);
        Write(call, Site.AttnOut, z, w.O, residual, output);
    }

    /// <summary><c>output = residual + Wdown n</c>, with the neurons <c>n = act(Wgate m) * (Wup m)</c> or <c>act(Wup m)</c>.</summary>
    private void Ffn(Call call, TensorView m, TensorView? residual, TensorView output)
    {
        var (layer, w, _, _, probe) = call;
        probe.Capture(Site.MlpIn, layer, m);
        var n = scratch.Get("neurons", m.Shape.Rows, spec.FfnWidth);
        var pre = probe.Tap(Site.MlpPre, layer, spec.FfnWidth, passing: true);
        var post = probe.Tap(Site.MlpPost, layer, spec.FfnWidth, passing: false);
        var scale = probe.Scale(Site.MlpPost, layer);
        if (w.Gate is { } gate)
        {
            var up = probe.Tap(Site.MlpUp, layer, spec.FfnWidth, passing: true);
            var epilogue = _epilogues.Gated(layer, spec.Activation, gate.BiasView, w.Up.BiasView, scale, pre, up, post);
            _ops.GatedLinear(m, gate.Weight, w.Up.Weight, n, epilogue);
            probe.CaptureTapped(Site.MlpPre, layer, pre);
            probe.CaptureTapped(Site.MlpUp, layer, up);
        }
        else
        {
            _ops.Linear(m, w.Up.Weight, n, _epilogues.Of(layer, Site.MlpPost, w.Up.BiasView, scale, post, pre: pre, activation: spec.Activation));
            probe.CaptureTapped(Site.MlpPre, layer, pre);
        }

        probe.Capture(Site.MlpPost, layer, n);
        Write(call, Site.MlpOut, n, w.Down, residual, output);
    }

    private TensorView Project(Call call, Site site, TensorView a, LinearWeight w)
    {
        var y = scratch.Get(Enum.GetName(site)!, a.Shape.Rows, w.Weight.Rows);
        var tap = call.Probe.Tap(site, call.Layer, w.Weight.Rows, passing: false);
        _ops.Linear(a, w.Weight, y, _epilogues.Of(call.Layer, site, w.BiasView, call.Probe.Scale(site, call.Layer), tap));
        call.Probe.Capture(site, call.Layer, y);
        return y;
    }

    private void Write(Call call, Site site, TensorView x, LinearWeight w, TensorView? residual, TensorView output)
    {
        var tap = call.Probe.Tap(site, call.Layer, spec.ModelWidth, passing: residual is not null);
        _ops.Linear(x, w.Weight, output, _epilogues.Of(call.Layer, site, w.BiasView, call.Probe.Scale(site, call.Layer), tap, residual));
        if (residual is null) call.Probe.Capture(site, call.Layer, output);
        else call.Probe.CaptureTapped(site, call.Layer, tap);
    }

    /// <summary>Per-head norm, then rotation: in place, or each into a buffer of its own where <paramref name="keep"/> names them.</summary>
    private (TensorView Normed, TensorView Turned) Turn(NormWeight? norm, TensorView x, Batch batch, (string Normed, string Turned)? keep)
    {
        var normed = x;
        if (norm is not null)
        {
            if (keep is { } own) normed = scratch.Get(own.Normed, x.Shape.Rows, x.Shape.Columns);
            var heads = new Shape(x.Count / spec.HeadDim, spec.HeadDim);
            Norm(norm, x.Reshape(heads), normed.Reshape(heads), NormKind.Rms);
        }

        if (batch.Rotary is not { } rotary) return (normed, normed);
        var turned = keep is { } names ? scratch.Get(names.Turned, x.Shape.Rows, x.Shape.Columns) : normed;
        _ops.Rope(normed, spec.HeadDim, rotary, turned);
        return (normed, turned);
    }

    /// <summary>The operands of the Q/K scores: those of the layer before, where they lie in the same memory, as they do.</summary>
    private QkScoreInputs ScoreInputs(TensorView q, TensorView k, TensorView turnedQ, TensorView turnedK, RotaryTable? rotary, TensorView rawQ, TensorView rawK)
    {
        TensorView? unnormedQ = spec.HeadNorm ? rawQ : null, unnormedK = spec.HeadNorm ? rawK : null;
        if (_scoreInputs is { } known && known.Q == q && known.K == k && known.RotatedQ == turnedQ && known.RotatedK == turnedK && known.Rotary == rotary
            && known.RawQ == unnormedQ && known.RawK == unnormedK)
        {
            return known;
        }

        return _scoreInputs = new QkScoreInputs
        {
            Q = q,
            K = k,
            RotatedQ = turnedQ,
            RotatedK = turnedK,
            Rotary = rotary,
            RawQ = unnormedQ,
            RawK = unnormedK,
            NormEpsilon = spec.NormEpsilon,
        };
    }

    private void Score(QkScoreForm scoreForm, Call call, AttentionSpec form, QkScoreInputs inputs)
    {
        int sequences = call.Batch.Layout.Count;
        var q = scratch.Get("q scores", sequences, spec.QueryWidth);
        var k = scratch.Get("k scores", sequences, scoreForm == QkScoreForm.Repo ? spec.QueryWidth : spec.KvWidth);
        _ops.QkScores(scoreForm, inputs, form, call.Batch.Layout, q, k);
        call.Probe.Scored(q, k);
    }

    private void ScoreValues(Call call, AttentionSpec form, TensorView z)
    {
        var scores = scratch.Get("v scores", call.Batch.Layout.Count, spec.KvWidth);
        _ops.ValueScores(z, valueGram(call.Layer), form, call.Batch.Layout, scores);
        call.Probe.Scored(scores);
    }

    private TensorView Pattern(SequenceLayout layout)
    {
        long count = 0;
        foreach (var span in layout.Spans) count = checked(count + ((long)spec.Heads * span.QueryLength * span.KeyLength));
        return scratch.Get("pattern", count, 1).Reshape(new Shape(count));
    }

    private void Norm(NormWeight norm, TensorView x, TensorView output) => Norm(norm, x, output, spec.Norm);

    private void Norm(NormWeight norm, TensorView x, TensorView output, NormKind kind) =>
        _ops.Norm(kind, x, norm.Weight, norm.BiasView, spec.NormEpsilon, output);

    private static AttentionSpec Attention(DecoderSpec spec, int layer) => new()
    {
        Heads = spec.Heads,
        KvHeads = spec.KvHeads,
        HeadDim = spec.HeadDim,
        Scale = spec.AttentionScale / (spec.ScaleByInverseLayer ? layer + 1 : 1),
        SoftCap = spec.ScoreSoftCap,
        Window = spec.Windows.Count == 0 ? 0 : spec.Windows[layer],
        AlibiSlopes = spec.Positions == PositionForm.Alibi ? Alibi.Slopes(spec.Heads) : null,
        AlibiRoundedAndScaled = spec.AlibiRoundedAndScaled,
    };

    /// <summary>What stays the same during one block of one run.</summary>
    private readonly record struct Call(int Layer, LayerWeights Weights, Batch Batch, KvCache? Cache, ProbeRun Probe);
}
