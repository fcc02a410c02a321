namespace Babel.Model;

/// <summary>
/// Receives what a sweep (<see cref="LanguageModel.Sweep"/>) computes. Token-major comes batch by batch, layer-major layer by layer; for one batch of
/// one pass, layers come in ascending order either way.
/// </summary>
public interface ISweepSink
{
    /// <summary>Who receives what a pass observes in a batch; asked for before each step of the sweep, and not kept after it.</summary>
    /// <returns>The sink; may be null where the pass's plan observes nothing.</returns>
    IProbeSink? Probe(int pass, int batch);

    /// <summary>What a pass brings to the host from a batch, once for each.</summary>
    void OnResult(int pass, int batch, ForwardResult result);

    /// <summary>
    /// Every batch of every pass has left a layer. Called for all layers, ascending; layer-major, the layer's weights are still in memory, so that
    /// <see cref="LanguageModel.WriteNorms"/> of it costs no reading.
    /// </summary>
    void OnLayerDone(int layer);

    /// <summary>How far the sweep is.</summary>
    /// <param name="rows">Token rows done, of all batches and passes; what is half-way through the layers counts half. At the end all of them.</param>
    void OnProgress(long rows);
}
