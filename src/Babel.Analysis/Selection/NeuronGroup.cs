using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>Which neurons a comparison looks at.</summary>
public enum NeuronGroup
{
    /// <summary>All.</summary>
    All,

    /// <summary>Up, Gate and Down.</summary>
    Ffn,

    /// <summary>Q, K, V and O.</summary>
    Attention,
}

/// <summary>What belongs together.</summary>
public static class NeuronGroups
{
    /// <summary>Whether a part is of the FFN.</summary>
    public static bool IsFfn(this NeuronPart part) => part is NeuronPart.Up or NeuronPart.Gate or NeuronPart.Down;

    /// <summary>Whether a part belongs to a group.</summary>
    public static bool Contains(this NeuronGroup group, NeuronPart part) =>
        group == NeuronGroup.All || (group == NeuronGroup.Ffn) == part.IsFfn();

    /// <summary>
    /// One name for what is switched off by one mask entry: Up_k, Gate_k and Down_k are the FFN neuron k, called by its Down name.
    /// </summary>
    public static NeuronId Canonical(this NeuronId id) => id.Part.IsFfn() ? id with { Part = NeuronPart.Down } : id;
}
