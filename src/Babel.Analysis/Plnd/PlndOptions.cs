using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Plnd;

/// <summary>How PLND selects.</summary>
public sealed record PlndOptions
{
    /// <summary>Exact or Repo: which importance is ranked.</summary>
    public ImportanceForms Form { get; init; } = ImportanceForms.Exact;

    /// <summary>
    /// The parts to select in; null for those stored: Down (which stands for Up and Gate as well), Q, K, V, O of the exact form, Up, Down, Q, K, V of the repo
    /// form, as the released sets have them.
    /// </summary>
    public IReadOnlyList<NeuronPart>? Parts { get; init; }

    /// <summary>
    /// K of the FFN parts: how many neurons of a layer and part are the top of a document. Null for the share of the released runs,
    /// 2000 of 14336.
    /// </summary>
    public int? TopFfn { get; init; }

    /// <summary>K of the attention parts. Null for the share of the released runs, 1000 of 4096.</summary>
    public int? TopAttention { get; init; }

    /// <summary>rho: the share of documents in whose top K a neuron has to be. 1 is the released rule, the intersection.</summary>
    public double HitRate { get; init; } = 1;

    /// <summary>
    /// The absolute rule instead of top K: a neuron is selected when its least importance over documents is at least this; null for top K.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>Divide importances by sqrt(T) of their document before the threshold, because norms over tokens grow with it.</summary>
    public bool NormaliseByLength { get; init; }

    /// <summary>What happens to shared neurons.</summary>
    public OverlapRule Overlap { get; init; }

    /// <summary>The language <see cref="OverlapRule.MinusEnglish"/> takes away.</summary>
    public string Pivot { get; init; } = "en";

    /// <summary>
    /// Faithful to a defect of the released code: an expanded K or V index i becomes the row i / 4 (integer division) instead of
    /// (i / (G d)) d + i mod d. Repo form only.
    /// </summary>
    public bool RepoKvIndex { get; init; }

    /// <summary>K of a part that has <paramref name="width"/> neurons a layer.</summary>
    public int Top(NeuronPart part, int width) => part.IsFfn()
        ? TopFfn ?? (int)Math.Round(width * 2000.0 / 14336)
        : TopAttention ?? (int)Math.Round(width * 1000.0 / 4096);

    /// <summary>The options as text, for the record.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Describe(IReadOnlyList<NeuronPart> parts) =>
    [
        new("form", Form.ToString()),
        new("parts", string.Join(',', parts)),
        new("topFfn", TopFfn is { } f ? $"{f}" : "2000/14336"),
        new("topAttention", TopAttention is { } a ? $"{a}" : "1000/4096"),
        new("hitRate", $"{HitRate:R}"),
        new("threshold", Threshold is { } t ? $"{t:R}" : "none"),
        new("normaliseByLength", $"{NormaliseByLength}"),
        new("overlap", Overlap.ToString()),
        new("pivot", Pivot),
        new("repoKvIndex", $"{RepoKvIndex}"),
    ];
}
