using Babel.Analysis.Corpora;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>What a layer says of one batch, to be added to the statistics at once or when it has come to the host.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Batch">The windows, sequence by sequence.</param>
/// <param name="Documents">The document of every window.</param>
internal sealed record LayerStep(int Layer, IReadOnlyList<BatchWindow> Batch, int[] Documents) : IDisposable
{
    /// <summary>Where the numbers are.</summary>
    public LayerRows Rows { get; } = new();

    /// <summary>Every part whose activations were counted: five tensors each, in the order of <see cref="TapStats"/>.</summary>
    public List<(NeuronPart Part, int Width, int First)> Taps { get; } = [];

    /// <summary>Every importance with the number of its tensor.</summary>
    public List<(DocumentImportance Importance, int Index)> Importances { get; } = [];

    /// <summary>Adds a part.</summary>
    public void Add(NeuronPart part, TapStats stats)
    {
        int first = Rows.Add(stats.Count, Batch.Count);
        foreach (var tensor in (Tensor[])[stats.Sum, stats.SumAbs, stats.SumSquares, stats.Max]) Rows.Add(tensor, Batch.Count);
        Taps.Add((part, checked((int)stats.Width), first));
    }

    /// <summary>Adds an importance.</summary>
    public void Add(DocumentImportance importance, TensorView source) => Importances.Add((importance, Rows.Add(source, Batch.Count)));

    /// <inheritdoc/>
    public void Dispose() => Rows.Dispose();
}
