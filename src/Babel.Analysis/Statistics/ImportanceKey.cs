using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>Which importance is stored.</summary>
/// <param name="Form">Exact or Repo, one of them.</param>
/// <param name="Part">The part it is stored under.</param>
public readonly record struct ImportanceKey(ImportanceForms Form, NeuronPart Part)
{
    /// <summary>
    /// Where the importance of a part is stored. Parts that share one value share one store: switching off Up_k, Gate_k or Down_k each
    /// forces h_k = 0, so their exact importance is one number, kept under Down; the released code gives Up and Down one score, kept under
    /// Up; and Q and K one score, kept under Q.
    /// </summary>
    public static ImportanceKey? Of(ImportanceForms form, NeuronPart part) => (form, part) switch
    {
        (ImportanceForms.Exact, NeuronPart.Up or NeuronPart.Gate) => new ImportanceKey(form, NeuronPart.Down),
        (ImportanceForms.Exact, _) => new ImportanceKey(form, part),
        (ImportanceForms.Repo, NeuronPart.Up or NeuronPart.Down) => new ImportanceKey(form, NeuronPart.Up),
        (ImportanceForms.Repo, NeuronPart.Q or NeuronPart.K) => new ImportanceKey(form, NeuronPart.Q),
        (ImportanceForms.Repo, NeuronPart.V) => new ImportanceKey(form, NeuronPart.V),
        _ => null,
    };

    /// <summary>Entries a layer has: the part's neurons; H d for the repo form of V, whose index runs over the concatenated heads.</summary>
    public int Width(ModelShape shape) =>
        shape.NeuronCount(Form == ImportanceForms.Repo && Part == NeuronPart.V ? NeuronPart.O : Part);

    /// <inheritdoc/>
    public override string ToString() => $"{Form.ToString().ToLowerInvariant()}.{Part}";
}
