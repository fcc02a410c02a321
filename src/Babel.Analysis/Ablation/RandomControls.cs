using Babel.Analysis.Statistics;
using Babel.Model;
using Babel.Model.Errors;

namespace Babel.Analysis.Ablation;

/// <summary>
/// Random sets to compare a selected set with: as many neurons in every layer and part, drawn uniformly without replacement from those that
/// were not selected. Whatever switching off so many neurons in those places does to any network, the control does too.
/// </summary>
public static class RandomControls
{
    /// <summary>Draws one control.</summary>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="selected">The set to match; Up, Gate and Down of one index count once and are matched by Down.</param>
    /// <param name="seed">The seed; recorded with the result.</param>
    /// <param name="name">The set's name: sets of different names get independent draws under one seed.</param>
    /// <returns>As many distinct neurons per (layer, part), none of them selected, in canonical order.</returns>
    /// <remarks>
    /// Every (layer, part) has its own <see cref="SeededRandom"/> stream with the label <c>name/layer/part</c>, so a control does not change when
    /// another layer's set does. The neurons not selected, in ascending order, are shuffled by Fisher and Yates from the front as far as needed.
    /// </remarks>
    /// <exception cref="ModelInputException">More than half of a layer's neurons are selected, so that too few are left to draw from.</exception>
    public static IReadOnlyList<NeuronId> Draw(ModelShape shape, IEnumerable<NeuronId> selected, long seed, string name)
    {
        var drawn = new List<NeuronId>();
        foreach (var group in NeuronUnits.Of(selected).GroupBy(n => (n.Layer, n.Part)))
        {
            var (layer, part) = group.Key;
            var taken = group.Select(n => n.Index).ToHashSet();
            int[] free = [.. Enumerable.Range(0, shape.NeuronCount(part)).Where(i => !taken.Contains(i))];
            if (free.Length < taken.Count)
            {
                throw new ModelInputException(
                    "a set is too large for a matched random control",
                    where: $"set {name}, layer {layer}, part {part}",
                    expected: $"at least {taken.Count} neurons that are not selected",
                    found: $"{free.Length} of {shape.NeuronCount(part)}",
                    hint: "select fewer neurons, or run without controls (0 seeds)");
            }

            var random = SeededRandom.For(seed, $"{name}/{layer}/{part}");
            for (int i = 0; i < taken.Count; i++)
            {
                int j = i + random.Below(free.Length - i);
                (free[i], free[j]) = (free[j], free[i]);
                drawn.Add(new NeuronId(layer, part, free[i]));
            }
        }

        drawn.Sort();
        return drawn;
    }
}
