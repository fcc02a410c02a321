using Babel.Analysis.Selection;
using Babel.Model;

namespace Babel.Analysis.Ablation;

/// <summary>
/// Neurons as a mask sees them: Up, Gate and Down of one index are the same activation (zeroing any of the three zeroes the product), so a
/// set that names two of them switches off one unit, and its random control must too.
/// </summary>
internal static class NeuronUnits
{
    /// <summary>The distinct units under their canonical names, in canonical order.</summary>
    public static IReadOnlyList<NeuronId> Of(IEnumerable<NeuronId> neurons) => [.. neurons.Select(n => n.Canonical()).Distinct().Order()];
}
