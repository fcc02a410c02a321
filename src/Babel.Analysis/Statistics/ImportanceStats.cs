using System.Numerics;

namespace Babel.Analysis.Statistics;

/// <summary>
/// The importance of every neuron in every document of one language: minimum, mean and maximum over documents, and the values themselves
/// where they are kept.
/// </summary>
public sealed class ImportanceStats
{
    private readonly DocumentRows? _values;

    /// <summary>Room for documents, all still to be <see cref="Set"/>.</summary>
    /// <param name="layers">L.</param>
    /// <param name="width">n, entries a layer.</param>
    /// <param name="documents">How many documents.</param>
    /// <param name="keepDocuments">Whether to keep every document's values.</param>
    /// <param name="spool">Whether to keep them in a temporary file, and one layer of them in memory.</param>
    public ImportanceStats(int layers, int width, int documents, bool keepDocuments, bool spool = false)
    {
        (Layers, Width, Documents) = (layers, width, documents);
        Minimum = new float[checked(layers * width)];
        Maximum = new float[Minimum.Length];
        Sum = new Int128[Minimum.Length];
        Array.Fill(Minimum, float.PositiveInfinity);
        Array.Fill(Maximum, float.NegativeInfinity);
        if (keepDocuments) _values = new DocumentRows(layers, checked(documents * width), spool);
    }

    /// <summary>L.</summary>
    public int Layers { get; }

    /// <summary>n, entries a layer.</summary>
    public int Width { get; }

    /// <summary>How many documents.</summary>
    public int Documents { get; }

    /// <summary>The least over documents, [L, n].</summary>
    public float[] Minimum { get; }

    /// <summary>The largest over documents, [L, n].</summary>
    public float[] Maximum { get; }

    /// <summary>The sum over documents, [L, n], <see cref="FixedPoint"/>.</summary>
    public Int128[] Sum { get; }

    /// <summary>Whether every document's values are kept.</summary>
    public bool KeepsDocuments => _values is not null;

    /// <summary>Where an entry lies in the summaries.</summary>
    public int At(int layer, int index) => (layer * Width) + index;

    /// <summary>The mean over documents.</summary>
    public double Mean(int layer, int index) => FixedPoint.ToDouble(Sum[At(layer, index)]) / Documents;

    /// <summary>The values of a layer, [documents, n], documents in the order of their language; empty where they are not kept. Valid until another layer is asked for.</summary>
    public ReadOnlySpan<float> Values(int layer) => _values is null ? [] : _values.Read(layer);

    /// <summary>The values of one document in one layer; valid until another layer is asked for.</summary>
    /// <exception cref="InvalidOperationException">They are not kept.</exception>
    public ReadOnlySpan<float> Values(int layer, int document) => _values is null
        ? throw new InvalidOperationException("the importance of single documents was not kept (StatisticsOptions.KeepDocuments)")
        : _values.Read(layer).Slice(document * Width, Width);

    /// <summary>Enters one document's importance in one layer, once.</summary>
    public void Set(int layer, int document, ReadOnlySpan<float> values)
    {
        var totals = new FixedSums(1, Width);
        Enter(layer, document, values, totals);
        FinishLayer(layer, totals);
    }

    /// <summary>The same, with the sums waiting in <paramref name="totals"/> until <see cref="FinishLayer"/>.</summary>
    internal void Enter(int layer, int document, ReadOnlySpan<float> values, FixedSums totals)
    {
        if (_values is not null) values.CopyTo(_values.Write(layer).Slice(document * Width, Width));
        int first = At(layer, 0);
        Span<float> least = Minimum.AsSpan(first, Width), most = Maximum.AsSpan(first, Width);
        int k = 0;
        for (; k + Vector<float>.Count <= Width; k += Vector<float>.Count)
        {
            var x = new Vector<float>(values[k..]);
            Vector.Min(new Vector<float>(least[k..]), x).CopyTo(least[k..]);
            Vector.Max(new Vector<float>(most[k..]), x).CopyTo(most[k..]);
        }

        for (; k < Width; k++) (least[k], most[k]) = (Math.Min(least[k], values[k]), Math.Max(most[k], values[k]));
        totals.Add(0, values, Sum.AsSpan(first, Width));
    }

    /// <summary>Brings a layer's sums over documents to <see cref="Sum"/>.</summary>
    internal void FinishLayer(int layer, FixedSums totals) => totals.Finish(0, Sum.AsSpan(At(layer, 0), Width));

    /// <summary>
    /// Merges statistics of disjoint documents.
    /// </summary>
    /// <param name="parts">The statistics.</param>
    /// <param name="order">Part and document of every document of the result.</param>
    internal static ImportanceStats Merge(IReadOnlyList<ImportanceStats> parts, IReadOnlyList<(int Part, int Document)> order)
    {
        var first = parts[0];
        bool spool = parts.Any(p => p._values?.IsSpooled == true);
        var merged = new ImportanceStats(first.Layers, first.Width, order.Count, first.KeepsDocuments, spool);
        foreach (var part in parts)
        {
            for (int i = 0; i < merged.Sum.Length; i++)
            {
                merged.Minimum[i] = Math.Min(merged.Minimum[i], part.Minimum[i]);
                merged.Maximum[i] = Math.Max(merged.Maximum[i], part.Maximum[i]);
                merged.Sum[i] = checked(merged.Sum[i] + part.Sum[i]);
            }
        }

        for (int layer = 0; layer < merged.Layers && merged._values is not null; layer++)
        {
            for (int d = 0; d < order.Count; d++)
                parts[order[d].Part].Values(layer, order[d].Document).CopyTo(merged._values.Write(layer)[(d * merged.Width)..]);
        }

        return merged;
    }

    /// <summary>The memory behind <see cref="Values(int)"/>, to be filled from a file.</summary>
    internal Span<float> Buffer(int layer) => _values!.Write(layer);
}
