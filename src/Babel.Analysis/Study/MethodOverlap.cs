using Babel.Analysis.Selection;

namespace Babel.Analysis.Study;

/// <summary>How the sets of one method overlap in one group of parts.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Overlap">The matrices.</param>
public sealed record MethodOverlap(string Method, SetOverlap Overlap)
{
    /// <summary>The overlaps of all selections, FFN and attention apart.</summary>
    public static IReadOnlyList<MethodOverlap> Of(IEnumerable<LanguageNeurons> selections) =>
    [
        .. from s in selections
           from g in new[] { NeuronGroup.Ffn, NeuronGroup.Attention }
           where s.Sets.Any(set => set.Ids.Any(id => g.Contains(id.Part)))
           select new MethodOverlap(s.Method, SetOverlap.Of(s.Sets, g)),
    ];
}
