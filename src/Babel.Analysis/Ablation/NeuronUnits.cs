using Babel.Model;

namespace Babel.Analysis.Ablation;

/// <summary>
/// Neurons as a mask sees them: Up, Gate and Down of one index are the same activation (methods of PLND: zeroing any of the three zeroes
/// the product), so a set that names two of them switches off one unit, and its random control must too.
/// </summary>
internal static class NeuronUnits
{
    /// <summary>The distinct units, Up and Gate renamed to Down, in canonical order.</summary>
    public static IReadOnlyList<NeuronId> Of(IEnumerable<NeuronId> neurons) =>
        [.. neurons.Select(n => n.Part is NeuronPart.Up or NeuronPart.Gate ? n with { Part = NeuronPart.Down } : n).Distinct().Order()];
}
