using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>What is counted while the corpus is read.</summary>
public sealed record StatisticsOptions
{
    /// <summary>Every part.</summary>
    public static IReadOnlyList<NeuronPart> AllParts { get; } =
        [NeuronPart.Up, NeuronPart.Gate, NeuronPart.Down, NeuronPart.Q, NeuronPart.K, NeuronPart.V, NeuronPart.O];

    /// <summary>The parts whose tokens, counts, sums and maxima are kept; a gate that a model does not have is passed over.</summary>
    public IReadOnlyList<NeuronPart> Parts { get; init; } = AllParts;

    /// <summary>The importance of FFN, V and O neurons.</summary>
    public ImportanceForms Importance { get; init; } = ImportanceForms.Exact;

    /// <summary>The importance of Q and K neurons: about H d T^2 times 16 FLOP a layer and document. Both forms need a second pass.</summary>
    public ImportanceForms QkImportance { get; init; } = ImportanceForms.None;

    /// <summary>
    /// Keep the importance of every document (float32, [documents, n] a layer), which selection by top-K needs. Without it only minimum,
    /// mean and maximum over documents are kept.
    /// </summary>
    public bool KeepDocuments { get; init; } = true;

    /// <summary>Forward passes a batch takes: two for both forms of the Q/K importance.</summary>
    public int Passes => QkImportance == ImportanceForms.Both ? 2 : 1;

    /// <summary>The importances these options ask for, of a model of this shape.</summary>
    public IReadOnlyList<ImportanceKey> Keys()
    {
        var keys = new List<ImportanceKey>();
        foreach (var form in new[] { ImportanceForms.Exact, ImportanceForms.Repo })
        {
            if (Importance.HasFlag(form))
            {
                keys.Add(new ImportanceKey(form, form == ImportanceForms.Exact ? NeuronPart.Down : NeuronPart.Up));
                keys.Add(new ImportanceKey(form, NeuronPart.V));
                if (form == ImportanceForms.Exact) keys.Add(new ImportanceKey(form, NeuronPart.O));
            }

            if (QkImportance.HasFlag(form))
            {
                keys.Add(new ImportanceKey(form, NeuronPart.Q));
                if (form == ImportanceForms.Exact) keys.Add(new ImportanceKey(form, NeuronPart.K));
            }
        }

        return keys;
    }

    /// <summary>The parts in canonical order, of a model of this shape.</summary>
    public IReadOnlyList<NeuronPart> PartsOf(ModelShape shape) =>
        [.. AllParts.Where(p => Parts.Contains(p) && shape.NeuronCount(p) > 0)];
}
