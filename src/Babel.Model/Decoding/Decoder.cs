using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model.Decoding;

/// <summary>
/// The whole forward pass: embedding, blocks, final norm, unembedding. <see cref="Run"/> is token-major: a batch goes through all layers before the
/// next; the other schedule (<see cref="LayerSchedule"/>) is made of the same parts.
/// </summary>
internal sealed class Decoder(DecoderSpec spec, Device device, IWeightSource weights, Scratch scratch, DecoderBlock block)
{
    /// <summary>Logits are brought to the host in pieces of about this many numbers.</summary>
    private const long LogitsPiece = 4 << 20;

    /// <summary>A final state larger than this is looked at piece by piece: what comes back at once takes as much page-locked memory.</summary>
    private const long MostWatchedBytes = 64 << 20;

    private const string FinalHint = "check after every layer to learn where it begins";

    private readonly IOps _ops = device.Ops;
    private readonly FiniteGuard _guard = new(device);
    private Epilogue? _unembed;

    private SiteRef LastState => new(Site.ResidPost, spec.Layers - 1);

    private Activation LogitCap => spec.LogitSoftCap > 0 ? Activation.SoftCap(spec.LogitSoftCap) : Activation.Identity;

    public ForwardResult Run(Batch batch, ForwardOutput output, KvCache? cache, ProbeRun probe, FiniteCheck check, CancellationToken ct)
    {
        var x = Blocks(batch, cache, probe, check, ct);
        using var watched = Watch(x, check);
        ct.ThrowIfCancellationRequested();
        var result = Finish(weights.Output(), x, batch, output, probe);
        Wait(watched, x);
        return result;
    }

    /// <summary>The logits of every sequence's last token, [S, V], where the caller wants them: a step of generation, which makes no garbage that grows with anything.</summary>
    public void LastLogits(Batch batch, KvCache cache, ProbeRun probe, FiniteCheck check, Span<float> logits, CancellationToken ct)
    {
        var x = Blocks(batch, cache, probe, check, ct);
        using var watched = Watch(x, check);
        ct.ThrowIfCancellationRequested();
        var w = weights.Output();
        Logits(w, Final(w, LastRows(x, batch.Layout), "last normed", "last projected"), logits);
        Wait(watched, x);
    }

    /// <summary>The output of the last block.</summary>
    private TensorView Blocks(Batch batch, KvCache? cache, ProbeRun probe, FiniteCheck check, CancellationToken ct)
    {
        var x = scratch.Get("x", batch.Tokens, spec.ModelWidth);
        Embed(weights.Input([]), batch, x);
        probe.Capture(Site.Embed, -1, x);
        for (int layer = 0; layer < spec.Layers; layer++)
        {
            ct.ThrowIfCancellationRequested();
            block.Forward(layer, weights.Layer(layer), x, batch, cache, probe);
            if (check == FiniteCheck.EveryLayer) CheckLayer(layer, x);
        }

        return x;
    }

    /// <summary>Looks for what is not finite after the last layer; on a device that runs behind when it is waited for anyway, with what comes back.</summary>
    private PendingDownload? Watch(TensorView x, FiniteCheck check)
    {
        if (check != FiniteCheck.FinalState) return null;
        if (device.RunsBehind && x.Count * x.DType.Size() <= MostWatchedBytes) return device.BeginDownload([x]);
        CheckFinal(x);
        return null;
    }

    /// <summary>The one place where the host waits: it does not run away from the device by more than a batch, which the caller may dispose now.</summary>
    private void Wait(PendingDownload? watched, TensorView x)
    {
        device.Synchronize();
        if (watched is not null) FiniteGuard.Check(MemoryMarshal.Cast<byte, float>(watched.Bytes(0)), x.Shape.Columns, 0, LastState, FinalHint);
    }

    /// <summary>Whether the output side is needed at all.</summary>
    public static bool Needs(ForwardOutput output, IReadOnlyList<ProbePlan> plans) =>
        output != ForwardOutput.None || plans.Any(p => p.Captures.Any(s => s.Site is Site.FinalNorm or Site.Logits));

    /// <summary><c>x = norm(scale E[ids] + P[positions])</c>, each part where the family has it.</summary>
    public void Embed(InputWeights w, Batch batch, TensorView x)
    {
        using var rows = w.RowOf is { } rowOf
            ? device.FromInts(Array.ConvertAll(device.ToInts(batch.Ids), id => rowOf[id]), new Shape(batch.Tokens)) : null;
        var ids = rows is null ? batch.Ids : rows.View;
        if (w.Project is { } into)
        {
            var narrow = scratch.Get("embedded", batch.Tokens, spec.EmbeddingWidth);
            _ops.Embed(ids, w.Embedding, narrow, spec.EmbeddingScale);
            _ops.Linear(narrow, into.Weight, x);
        }
        else
        {
            _ops.Embed(ids, w.Embedding, x, spec.EmbeddingScale);
        }

        if (w.Positions is { } positions) _ops.Embed(batch.PositionRows!.Value, positions, x, 1, accumulate: true);
        if (w.Norm is { } norm) _ops.Norm(spec.Norm, x, norm.Weight, norm.BiasView, spec.NormEpsilon, x);
    }

    /// <summary>What a run brings to the host, from the output of the last block.</summary>
    public ForwardResult Finish(OutputWeights w, TensorView x, Batch batch, ForwardOutput output, ProbeRun probe)
    {
        bool captured = probe.Wants(Site.FinalNorm, -1) || probe.Wants(Site.Logits, -1);
        if (output == ForwardOutput.None && !captured) return new ForwardResult();
        if (output == ForwardOutput.LastLogits && !captured) return new ForwardResult { Logits = Logits(w, Final(w, LastRows(x, batch.Layout), "last normed", "last projected")) };
        var final = Final(w, x, "final normed", "final projected");
        probe.Capture(Site.FinalNorm, -1, final);
        if (probe.Wants(Site.Logits, -1)) CaptureLogits(w, final, probe);
        return output switch
        {
            ForwardOutput.LogProbs => new ForwardResult { LogProbs = LogProbs(w, final, batch) },
            ForwardOutput.Logits => new ForwardResult { Logits = Logits(w, final) },
            ForwardOutput.LastLogits => new ForwardResult { Logits = Logits(w, LastRows(final, batch.Layout)) },
            _ => new ForwardResult(),
        };
    }

    /// <summary>The input of the unembedding: after the final norm and project_out, where there are such.</summary>
    private TensorView Final(OutputWeights w, TensorView x, string normed, string projected)
    {
        var y = x;
        if (w.Norm is { } norm)
        {
            y = scratch.Get(normed, x.Shape.Rows, spec.ModelWidth);
            _ops.Norm(spec.Norm, x, norm.Weight, norm.BiasView, spec.NormEpsilon, y);
        }

        if (w.Project is not { } outOf) return y;
        var narrow = scratch.Get(projected, x.Shape.Rows, spec.EmbeddingWidth);
        _ops.Linear(y, outOf.Weight, narrow);
        return narrow;
    }

    private TensorView LastRows(TensorView x, SequenceLayout layout)
    {
        if (layout.Tokens == layout.Count) return x;
        var rows = new int[layout.Count];
        for (int s = 0; s < rows.Length; s++) rows[s] = layout.Spans[s].QueryStart + layout.Spans[s].QueryLength - 1;
        using var index = device.FromInts(rows, new Shape(rows.Length));
        var last = scratch.Get("last", rows.Length, x.Shape.Columns);
        _ops.GatherRows(x, index, last);
        return last;
    }

    private float[] LogProbs(OutputWeights w, TensorView final, Batch batch)
    {
        var targets = batch.Targets ?? throw new ModelInputException("the batch was packed without targets", expected: "Batch.Pack(model, sequences, targets: true)");
        var output = scratch.Get("log probabilities", batch.Tokens, 1).Reshape(new Shape(batch.Tokens));
        _ops.LogProb(final, w.Unembedding.Weight, w.Unembedding.BiasView, LogitCap, targets, output);
        return device.ToFloats(output);
    }

    private float[] Logits(OutputWeights w, TensorView final)
    {
        long rows = final.Shape.Rows;
        if (rows * spec.Vocabulary > Array.MaxLength)
        {
            throw new ModelInputException(
                "the logits of the batch do not fit one array", found: $"{rows} tokens of {spec.Vocabulary} logits", hint: "ask for log probabilities, or take a smaller batch");
        }

        var host = new float[rows * spec.Vocabulary];
        Logits(w, final, host);
        return host;
    }

    private void Logits(OutputWeights w, TensorView final, Span<float> host)
    {
        long rows = final.Shape.Rows;
        long piece = Math.Clamp(LogitsPiece / spec.Vocabulary, 1, rows);
        for (long row = 0; row < rows; row += piece)
        {
            long count = Math.Min(piece, rows - row);
            var logits = scratch.Get("logits", count, spec.Vocabulary);
            Unembed(w, final.Rows(row, count), logits);
            device.Read(logits, host.Slice((int)(row * spec.Vocabulary), (int)(count * spec.Vocabulary)));
        }
    }

    private void CaptureLogits(OutputWeights w, TensorView final, ProbeRun probe)
    {
        using var logits = device.Allocate(new Shape(final.Shape.Rows, spec.Vocabulary));
        Unembed(w, final, logits);
        probe.Capture(Site.Logits, -1, logits);
    }

    private void Unembed(OutputWeights w, TensorView final, TensorView logits)
    {
        if (_unembed is null || _unembed.Bias != w.Unembedding.BiasView) _unembed = new Epilogue { Bias = w.Unembedding.BiasView, Activation = LogitCap };
        _ops.Linear(final, w.Unembedding.Weight, logits, _unembed);
    }

    /// <summary>Looks for what is not finite after the last layer.</summary>
    public void CheckFinal(TensorView x) =>
        _guard.Check(x, LastState, FinalHint);

    /// <summary>Looks for what is not finite in a layer.</summary>
    public void CheckLayer(int layer, TensorView x)
    {
        // In the order of computation, so that the first broken site is the one named.
        const string hint = "weights in F16 or BF16 may overflow, or the checkpoint is damaged";
        _guard.Check(scratch.Get("z", x.Shape.Rows, spec.QueryWidth), new SiteRef(Site.Z, layer), hint);
        _guard.Check(scratch.Get("neurons", x.Shape.Rows, spec.FfnWidth), new SiteRef(Site.MlpPost, layer), hint);
        _guard.Check(x, new SiteRef(Site.ResidPost, layer), hint);
    }
}
