using Babel.Kernels;

namespace Babel.Model;

/// <summary>What was counted in one layer. It and its tensors, which lie on the device, are overwritten by the next layer.</summary>
public sealed class LayerProbe
{
    private readonly IReadOnlyDictionary<Site, TapStats> _stats;

    internal LayerProbe(SequenceLayout layout, IReadOnlyDictionary<Site, TapStats> stats)
    {
        Layout = layout;
        _stats = stats;
    }

    /// <summary>The sequences of the batch, in the order of the statistics' rows.</summary>
    public SequenceLayout Layout { get; }

    /// <summary>[S, H*d] squared changes of the attention probabilities by query neuron; see <see cref="IOps.QkScores"/>. Null when not planned.</summary>
    public TensorView? QScores { get; internal set; }

    /// <summary>[S, K*d] likewise by key neuron ([S, H*d] in the repo form). Null when not planned.</summary>
    public TensorView? KScores { get; internal set; }

    /// <summary>[S, K*d] squared changes of the attention output by value neuron; see <see cref="IOps.ValueScores"/>. Null when not planned.</summary>
    public TensorView? ValueScores { get; internal set; }

    /// <summary>
    /// The column statistics of a site, of which the first <see cref="SequenceLayout.Count"/> rows are valid; null when not planned or when the
    /// model has no such site.
    /// </summary>
    public TapStats? Stats(Site site) => _stats.GetValueOrDefault(site);
}
