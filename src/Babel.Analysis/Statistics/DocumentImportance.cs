using System.Numerics;
using Babel.Kernels.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>
/// One importance of the documents being read, before the root: what the windows of a document add up to in float64, in the canonical order
/// of the windows. Exact forms add squares and end with a root times the neuron's write norm; the repo forms add as they are.
/// </summary>
internal sealed class DocumentImportance
{
    private readonly double[] _sums; // [documents, L, n]
    private readonly int _layers, _width;

    public DocumentImportance(ImportanceKey key, int layers, int width, int documents)
    {
        (Key, _layers, _width) = (key, layers, width);
        _sums = new double[checked(documents * layers * width)];
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

    /// <summary>The finished importances of some documents, in their order.</summary>
    /// <param name="documents">Rows to take.</param>
    /// <param name="keep">Whether to keep every document's values.</param>
    /// <param name="writeNorms">Factors of a layer; null for none.</param>
    public ImportanceStats Finish(IReadOnlyList<int> documents, bool keep, Func<int, float[]>? writeNorms)
    {
        var stats = new ImportanceStats(_layers, _width, documents.Count, keep);
        var values = new float[_width];
        for (int layer = 0; layer < _layers; layer++)
        {
            float[]? norms = writeNorms?.Invoke(layer);
            for (int d = 0; d < documents.Count; d++)
            {
                var sums = Row(documents[d], layer);
                for (int k = 0; k < _width; k++)
                {
                    double value = Key.Form == ImportanceForms.Exact ? Math.Sqrt(sums[k]) : sums[k];
                    values[k] = (float)(norms is null ? value : value * norms[k]);
                    if (!float.IsFinite(values[k])) throw NonFinite(layer, k, values[k]);
                }

                stats.Set(layer, d, values);
            }
        }

        return stats;
    }

    private Span<double> Row(int document, int layer) => _sums.AsSpan(((document * _layers) + layer) * _width, _width);

    private NonFiniteException NonFinite(int layer, int index, float value) => new(
        "an importance is not a finite number", where: $"layer {layer}, {Key}, index {index}", found: $"{value}",
        hint: "the model's activations overflow; look at them with `babel trace`");
}
