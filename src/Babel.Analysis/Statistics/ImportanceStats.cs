using System.Numerics;

namespace Babel.Analysis.Statistics;

/// <summary>
/// The importance of every neuron in every document of one language: minimum, mean and maximum over documents, and the values themselves
/// where they are kept.
/// </summary>
public sealed class ImportanceStats
{
    /// <summary>Numbers a page of documents has, about: 256 KiB.</summary>
    internal const int PageNumbers = 1 << 16;

    private readonly LayerNumbers<float>? _values;
    private readonly int _pageRows;

    /// <summary>Room in memory for documents, all still to be <see cref="Set"/>.</summary>
    /// <param name="layers">L.</param>
    /// <param name="width">n, entries a layer.</param>
    /// <param name="documents">How many documents.</param>
    /// <param name="keepDocuments">Whether to keep every document's values.</param>
    public ImportanceStats(int layers, int width, int documents, bool keepDocuments)
        : this(layers, width, documents, keepDocuments, NumberRoom.InMemory(), "")
    {
    }

    /// <summary>Room for documents, or what is stored.</summary>
    /// <param name="layers">L.</param>
    /// <param name="width">n, entries a layer.</param>
    /// <param name="documents">How many documents.</param>
    /// <param name="keepDocuments">Whether every document's values are kept.</param>
    /// <param name="room">Where the numbers lie.</param>
    /// <param name="name">What they are stored under, but for their own names.</param>
    internal ImportanceStats(int layers, int width, int documents, bool keepDocuments, NumberRoom room, string name)
    {
        (Layers, Width, Documents) = (layers, width, documents);
        _pageRows = Math.Max(1, PageNumbers / Math.Max(1, width));
        Minimum = room.Layers($"{name}/min", layers, width, float.PositiveInfinity);
        Maximum = room.Layers($"{name}/max", layers, width, float.NegativeInfinity);
        Sum = room.Layers<Int128>($"{name}/sum", layers, width);
        if (keepDocuments) _values = room.Rows($"{name}/documents", layers, documents, width, _pageRows);
    }

    /// <summary>L.</summary>
    public int Layers { get; }

    /// <summary>n, entries a layer.</summary>
    public int Width { get; }

    /// <summary>How many documents.</summary>
    public int Documents { get; }

    /// <summary>The least over documents, [L, n].</summary>
    public LayerNumbers<float> Minimum { get; }

    /// <summary>The largest over documents, [L, n].</summary>
    public LayerNumbers<float> Maximum { get; }

    /// <summary>The sum over documents, [L, n], <see cref="FixedPoint"/>.</summary>
    public LayerNumbers<Int128> Sum { get; }

    /// <summary>Whether every document's values are kept.</summary>
    public bool KeepsDocuments => _values is not null;

    /// <summary>The values of all documents, [documents, n] a layer in pages of rows; null where they are not kept.</summary>
    internal LayerNumbers<float>? Rows => _values;

    /// <summary>The mean over documents.</summary>
    public double Mean(int layer, int index) => FixedPoint.ToDouble(Sum.Read(layer)[index]) / Documents;

    /// <summary>The values of one document in one layer; valid until another document or layer is asked for.</summary>
    /// <exception cref="InvalidOperationException">They are not kept.</exception>
    public ReadOnlySpan<float> Values(int layer, int document) => _values is null
        ? throw new InvalidOperationException("the importance of single documents was not kept (StatisticsOptions.KeepDocuments)")
        : _values.Read(layer, document / _pageRows).Slice(document % _pageRows * Width, Width);

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
        Keep(layer, document, values);
        Span<float> least = Minimum.Write(layer), most = Maximum.Write(layer);
        int k = 0;
        for (; k + Vector<float>.Count <= Width; k += Vector<float>.Count)
        {
            var x = new Vector<float>(values[k..]);
            Vector.Min(new Vector<float>(least[k..]), x).CopyTo(least[k..]);
            Vector.Max(new Vector<float>(most[k..]), x).CopyTo(most[k..]);
        }

        for (; k < Width; k++) (least[k], most[k]) = (Math.Min(least[k], values[k]), Math.Max(most[k], values[k]));
        totals.Add(0, values, Sum.Write(layer));
    }

    /// <summary>Brings a layer's sums over documents to <see cref="Sum"/>.</summary>
    internal void FinishLayer(int layer, FixedSums totals) => totals.Finish(0, Sum.Write(layer));

    /// <summary>Enters statistics of disjoint documents.</summary>
    /// <param name="parts">The statistics.</param>
    /// <param name="order">Part and document of every document of the result.</param>
    internal void Add(IReadOnlyList<ImportanceStats> parts, IReadOnlyList<(int Part, int Document)> order)
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            foreach (var part in parts)
            {
                Span<float> minimum = Minimum.Write(layer), maximum = Maximum.Write(layer);
                ReadOnlySpan<float> least = part.Minimum.Read(layer), largest = part.Maximum.Read(layer);
                for (int k = 0; k < Width; k++)
                {
                    minimum[k] = Math.Min(minimum[k], least[k]);
                    maximum[k] = Math.Max(maximum[k], largest[k]);
                }

                TapSums.AddTo(Sum.Write(layer), part.Sum.Read(layer));
            }

            for (int d = 0; d < order.Count && _values is not null; d++) Keep(layer, d, parts[order[d].Part].Values(layer, order[d].Document));
        }
    }

    private void Keep(int layer, int document, ReadOnlySpan<float> values)
    {
        if (_values is not null) values.CopyTo(_values.Write(layer, document / _pageRows).Slice(document % _pageRows * Width, Width));
    }
}
