using System.Numerics;
using Babel.Kernels.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>
/// One importance of the documents being read. Before the root it is what the windows of a document add up to in float64, in the canonical order
/// of the windows. Exact forms add squares and end with a root times the neuron's write norm; the repo forms add as they are. A layer that is finished keeps
/// its importances only: layer-major, the sums of one layer exist at a time.
/// </summary>
internal sealed class DocumentImportance
{
    private readonly double[]?[] _sums; // [L], [documents, n]
    private double[]? _spare;
    private readonly int _width, _documents;
    private readonly float[] _values;
    private readonly FixedSums _totals;
    private readonly IReadOnlyDictionary<string, int[]> _rowsOf;
    private readonly Dictionary<string, ImportanceStats> _stats = new(StringComparer.Ordinal);

    /// <summary>Makes room.</summary>
    /// <param name="key">Which importance.</param>
    /// <param name="layers">L.</param>
    /// <param name="width">n, entries a layer.</param>
    /// <param name="rowsOf">The documents of every language, in their order.</param>
    /// <param name="keep">Whether to keep every document's values.</param>
    /// <param name="room">Where importances lie.</param>
    public DocumentImportance(ImportanceKey key, int layers, int width, IReadOnlyDictionary<string, int[]> rowsOf, bool keep, NumberRoom room)
    {
        (Key, _width, _rowsOf, _sums) = (key, width, rowsOf, new double[]?[layers]);
        _values = new float[width];
        _totals = new FixedSums(1, width);
        _documents = rowsOf.Values.Sum(r => r.Length);
        foreach (var (language, rows) in rowsOf) _stats.Add(language, new ImportanceStats(layers, width, rows.Length, keep, room, ""));
    }

    public ImportanceKey Key { get; }

    /// <summary>Adds one window's sums.</summary>
    public void Add(int document, int layer, ReadOnlySpan<double> values)
    {
        var sums = Row(document, layer);
        int k = 0;
        for (; k + Vector<double>.Count <= sums.Length; k += Vector<double>.Count)
            (new Vector<double>(sums[k..]) + new Vector<double>(values[k..])).CopyTo(sums[k..]);
        for (; k < sums.Length; k++) sums[k] += values[k];
    }

    /// <inheritdoc cref="Add(int, int, ReadOnlySpan{double})"/>
    public void Add(int document, int layer, ReadOnlySpan<float> values)
    {
        var sums = Row(document, layer);
        int k = 0, half = Vector<double>.Count;
        for (; k + Vector<float>.Count <= sums.Length; k += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[k..]), out var low, out var high);
            (new Vector<double>(sums[k..]) + low).CopyTo(sums[k..]);
            (new Vector<double>(sums[(k + half)..]) + high).CopyTo(sums[(k + half)..]);
        }

        for (; k < sums.Length; k++) sums[k] += values[k];
    }

    /// <summary>Turns a layer's sums into importances, once.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="writeNorms">Factors of the layer's neurons; null for none.</param>
    public void FinishLayer(int layer, float[]? writeNorms)
    {
        foreach (var (language, rows) in _rowsOf)
        {
            for (int d = 0; d < rows.Length; d++)
            {
                Finish(Row(rows[d], layer), writeNorms);
                RequireFinite(layer);
                _stats[language].Enter(layer, d, _values, _totals);
            }

            _stats[language].FinishLayer(layer, _totals);
        }

        // Written over by the next layer: garbage of this size would be collected late.
        (_spare, _sums[layer]) = (_sums[layer], null);
        if (_spare is not null) Array.Clear(_spare);
    }

    /// <summary>One document's importances from its sums: the root of exact forms, times the write norms.</summary>
    private void Finish(ReadOnlySpan<double> sums, float[]? writeNorms)
    {
        bool root = Key.Form == ImportanceForms.Exact;
        int k = 0, half = Vector<double>.Count;
        for (; k + Vector<float>.Count <= _width; k += Vector<float>.Count)
        {
            Vector<double> low = new(sums[k..]), high = new(sums[(k + half)..]);
            if (root) (low, high) = (Vector.SquareRoot(low), Vector.SquareRoot(high));
            if (writeNorms is not null)
            {
                Vector.Widen(new Vector<float>(writeNorms, k), out var lowNorms, out var highNorms);
                (low, high) = (low * lowNorms, high * highNorms);
            }

            Vector.Narrow(low, high).CopyTo(_values, k);
        }

        for (; k < _width; k++)
        {
            double value = root ? Math.Sqrt(sums[k]) : sums[k];
            _values[k] = (float)(writeNorms is null ? value : value * writeNorms[k]);
        }
    }

    private void RequireFinite(int layer)
    {
        int k = 0;
        for (; k + Vector<float>.Count <= _width; k += Vector<float>.Count)
            if (!Vector.LessThanOrEqualAll(Vector.Abs(new Vector<float>(_values, k)), new Vector<float>(float.MaxValue))) break;
        for (; k < _width; k++)
            if (!float.IsFinite(_values[k])) throw NonFinite(layer, k, _values[k]);
    }

    /// <summary>The importances of a language, when every layer is finished.</summary>
    public ImportanceStats Of(string language) => _stats[language];

    private Span<double> Row(int document, int layer) => (_sums[layer] ??= NewLayer()).AsSpan(document * _width, _width);

    private double[] NewLayer()
    {
        double[] sums = _spare ?? new double[checked(_documents * _width)];
        _spare = null;
        return sums;
    }

    private NonFiniteException NonFinite(int layer, int index, float value) => new(
        "an importance is not a finite number", where: $"layer {layer}, {Key}, index {index}", found: $"{value}",
        hint: "the model's activations overflow; look at them with `babel trace`");
}
