using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>
/// How sets overlap, in one group of neurons. With A the set of language i and B that of language j: <c>Common[i,j] = |A &amp; B|</c>,
/// <c>Share[i,j] = |A &amp; B| / |A|</c>, <c>Jaccard[i,j] = |A &amp; B| / |A | B|</c>; 0 where the denominator is 0. Up, Gate and Down of one index
/// are one FFN neuron.
/// </summary>
/// <param name="Languages">Row and column names.</param>
/// <param name="Group">Which neurons were looked at.</param>
/// <param name="Common">[G, G] sizes of the intersections; the diagonal holds the sizes of the sets.</param>
/// <param name="Share">[G, G], not symmetric.</param>
/// <param name="Jaccard">[G, G], symmetric.</param>
public sealed record SetOverlap(
    IReadOnlyList<string> Languages, NeuronGroup Group, int[,] Common, double[,] Share, double[,] Jaccard)
{
    /// <summary>Compares every set with every set.</summary>
    public static SetOverlap Of(IReadOnlyList<NeuronSet> sets, NeuronGroup group)
    {
        var members = sets
            .Select(s => new HashSet<NeuronId>(s.Ids.Where(id => group.Contains(id.Part)).Select(id => id.Canonical())))
            .ToList();
        int n = members.Count;
        var common = new int[n, n];
        var share = new double[n, n];
        var jaccard = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                common[i, j] = members[i].Count(members[j].Contains);
                int union = members[i].Count + members[j].Count - common[i, j];
                share[i, j] = members[i].Count == 0 ? 0 : (double)common[i, j] / members[i].Count;
                jaccard[i, j] = union == 0 ? 0 : (double)common[i, j] / union;
            }
        }

        return new SetOverlap([.. sets.Select(s => s.Language)], group, common, share, jaccard);
    }
}
