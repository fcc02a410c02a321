using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// Layer-major: embeds every batch, then takes every batch of every pass through one layer after the other, so that each weight is in memory once a sweep. A row's
/// result cannot depend on what else is computed, so it has the bits of the token-major schedule.
/// </summary>
internal sealed class LayerSchedule(DecoderSpec spec, Device device, IWeightSource weights, Decoder decoder, DecoderBlock block)
{
    /// <summary>Makes the probe of one batch in one pass.</summary>
    public delegate ProbeRun ProbeFactory(ProbePlan plan, IProbeSink? sink, SequenceLayout layout, MaskTensors? mask);

    /// <summary>Runs a sweep.</summary>
    public void Run(
        IReadOnlyList<Batch> batches, IReadOnlyList<ProbePlan> plans, ForwardOutput output, ISweepSink sink, ProbeFactory probes, FiniteCheck check,
        SweepOptions options, CancellationToken ct)
    {
        int[] rows = [.. plans.SelectMany(_ => batches.Select(b => b.Tokens))];
        using var states = new HiddenStates(device, rows, spec.ModelWidth, options);
        long work = rows.Sum(r => (long)r), steps = spec.Layers + 1, done = 0;
        void Step(int pass, int batch, MaskTensors? mask, Action<TensorView, Batch, ProbeRun> step)
        {
            ct.ThrowIfCancellationRequested();
            int state = (pass * batches.Count) + batch;
            var probe = probes(plans[pass], sink.Probe(pass, batch), batches[batch].Layout, mask);
            step(states.Read(state), batches[batch], probe);
            states.Keep(state);
            done += rows[state];
            sink.OnProgress(done / steps);
        }

        Embed(batches, plans, sink, probes, states, ct);
        for (int layer = 0; layer < spec.Layers; layer++)
        {
            ct.ThrowIfCancellationRequested();
            var w = weights.Layer(layer);
            for (int pass = 0; pass < plans.Count; pass++)
            {
                using var mask = plans[pass].Ablation is { } off ? new MaskTensors(off, device, layer) : null;
                for (int batch = 0; batch < batches.Count; batch++)
                {
                    Step(pass, batch, mask, (x, b, probe) =>
                    {
                        block.Forward(layer, w, x, b, cache: null, probe);
                        if (check == FiniteCheck.EveryLayer) decoder.CheckLayer(layer, x);
                        if (check == FiniteCheck.FinalState && layer == spec.Layers - 1) decoder.CheckFinal(x);
                    });
                }
            }

            sink.OnLayerDone(layer);

            // What a layer's batches leave behind is young, and left alone it would grow to hundreds of megabytes before anybody collected it.
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }

        var last = Decoder.Needs(output, plans) ? weights.Output() : null;
        for (int pass = 0; pass < plans.Count; pass++)
        {
            for (int batch = 0; batch < batches.Count; batch++)
            {
                Step(pass, batch, mask: null, (x, b, probe) =>
                    sink.OnResult(pass, batch, last is null ? new ForwardResult() : decoder.Finish(last, x, b, output, probe)));
            }
        }

        device.Synchronize();
    }

    private void Embed(
        IReadOnlyList<Batch> batches, IReadOnlyList<ProbePlan> plans, ISweepSink sink, ProbeFactory probes, HiddenStates states, CancellationToken ct)
    {
        var ids = new HashSet<int>();
        foreach (var batch in batches) ids.UnionWith(device.ToInts(batch.Ids));
        var w = weights.Input(ids);
        for (int pass = 0; pass < plans.Count; pass++)
        {
            for (int batch = 0; batch < batches.Count; batch++)
            {
                ct.ThrowIfCancellationRequested();
                int state = (pass * batches.Count) + batch;
                var x = states.New(state);
                decoder.Embed(w, batches[batch], x);
                probes(plans[pass], sink.Probe(pass, batch), batches[batch].Layout, null).Capture(Site.Embed, -1, x);
                states.Keep(state);
            }
        }
    }
}
