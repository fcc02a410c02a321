using Babel.Analysis.Corpora;
using Babel.Model.Errors;

namespace Babel.Analysis.Study;

/// <summary>A corpus cut into the part neurons are found on and the part they are tested on.</summary>
/// <param name="Detection">For the statistics.</param>
/// <param name="Evaluation">For scores and ablation.</param>
public sealed record CorpusSplit(Corpus Detection, Corpus Evaluation)
{
    /// <summary>
    /// Cuts by index: with <see cref="EvaluationSplit.HeldOut"/> document i is for detection when <c>floor(i / block)</c> is even. The index is the
    /// line, so the translations of one line fall on one side in every language, and with a block as long as a story (10 in the sample) no story
    /// is on both sides.
    /// </summary>
    /// <exception cref="ModelFormatException">There is one language only, or a language has no document on one of the sides.</exception>
    public static CorpusSplit Make(Corpus corpus, EvaluationSplit split, int block)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        if (corpus.Languages.Count < 2)
        {
            throw new ModelFormatException(
                "a study compares languages", expected: "text in at least two", found: string.Join(", ", corpus.Languages));
        }

        if (split == EvaluationSplit.All) return new CorpusSplit(corpus, corpus);
        var halves = new CorpusSplit(corpus.Where(d => d.Index / block % 2 == 0), corpus.Where(d => d.Index / block % 2 == 1));
        foreach (var (half, name) in new[] { (halves.Detection, "detection"), (halves.Evaluation, "evaluation") })
        {
            string[] missing = [.. corpus.Languages.Except(half.Languages, StringComparer.Ordinal)];
            if (missing.Length == 0) continue;
            throw new ModelFormatException(
                $"the {name} half of the corpus has no document in {string.Join(", ", missing)}",
                expected: $"documents on both sides when blocks of {block} are dealt in turn",
                found: $"{string.Join(", ", missing.Select(l => $"{corpus.Of(l).Count()} of {l}"))}",
                hint: "give more text, a smaller block (--split-block 1), or use all text for both (--evaluate-on all)");
        }

        return halves;
    }
}
