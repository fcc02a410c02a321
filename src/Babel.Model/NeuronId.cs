namespace Babel.Model;

/// <summary>The identity of a neuron.</summary>
/// <param name="Layer">The block, from 0.</param>
/// <param name="Part">The projection.</param>
/// <param name="Index">Up, Gate, Down: below F. Q, O: below H*d. K, V: below K*d, the stored row.</param>
public readonly record struct NeuronId(int Layer, NeuronPart Part, int Index) : IComparable<NeuronId>
{
    /// <summary>By layer, then part, then index: the canonical order of every list of neurons.</summary>
    public int CompareTo(NeuronId other) => (Layer, Part, Index).CompareTo((other.Layer, other.Part, other.Index));

    /// <inheritdoc/>
    public override string ToString() => $"{Layer}.{Part}.{Index}";
}
