using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>What a layer says of one batch, to be added to the statistics at once or when it has come to the host. It is filled again for the next.</summary>
internal sealed class LayerStep : IDisposable
{
    /// <summary>The layer.</summary>
    public int Layer { get; private set; }

    /// <summary>The batch.</summary>
    public BatchDocuments Batch { get; private set; } = BatchDocuments.None;

    /// <summary>Where the numbers are.</summary>
    public LayerRows Rows { get; } = new();

    /// <summary>Every part whose activations were counted, by number: five tensors each, in the order count, sum, |sum|, squares, maximum.</summary>
    public List<(int Part, int First)> Taps { get; } = [];

    /// <summary>Every importance with the number of its tensor.</summary>
    public List<(DocumentImportance Importance, int Index)> Importances { get; } = [];

    /// <summary>Begins with nothing.</summary>
    public void Begin(int layer, BatchDocuments batch)
    {
        (Layer, Batch) = (layer, batch);
        Rows.Clear();
        Taps.Clear();
        Importances.Clear();
    }

    /// <summary>Adds a part.</summary>
    public void Add(int part, TapStats stats)
    {
        int rows = Batch.Windows.Count;
        Taps.Add((part, Rows.Add(stats.Count, rows)));
        Rows.Add(stats.Sum, rows);
        Rows.Add(stats.SumAbs, rows);
        Rows.Add(stats.SumSquares, rows);
        Rows.Add(stats.Max, rows);
    }

    /// <summary>Adds an importance.</summary>
    public void Add(DocumentImportance importance, TensorView source) => Importances.Add((importance, Rows.Add(source, Batch.Windows.Count)));

    /// <inheritdoc/>
    public void Dispose() => Rows.Clear();
}
