using System.Text;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Reads the pre_tokenizer of a tokenizer.json into a flat list of steps.</summary>
internal static class PreTokenizerReader
{
    /// <param name="value">The pre_tokenizer, or null.</param>
    /// <param name="mayKeepBytes">Whether the model can take raw bytes from a ByteLevel that comes last.</param>
    /// <param name="keepsBytes">Whether it is to.</param>
    public static List<PreTokenizer> Read(JsonAt? value, bool mayKeepBytes, out bool keepsBytes)
    {
        var leaves = new List<JsonAt>();
        if (value is { } root) Flatten(root, leaves);
        keepsBytes = mayKeepBytes && leaves.Count > 0 && TypeOf(leaves[^1]) == "ByteLevel";
        var steps = new List<PreTokenizer>();
        for (var i = 0; i < leaves.Count; i++) Read(leaves[i], keepsBytes && i == leaves.Count - 1, steps);
        return steps;
    }

    public static string TypeOf(JsonAt value) => value.Required("type").String();

    /// <summary>A Split's or a Replace's pattern: {"String": ..} or {"Regex": ..}.</summary>
    public static ISplitPattern Pattern(JsonAt pattern)
    {
        if (pattern.Optional("String") is { } literal) return new LiteralPattern(Encoding.UTF8.GetBytes(literal.String()));
        var regex = pattern.Required("Regex");
        return KnownPatterns.For(regex.String(), regex.Where);
    }

    public static MetaspacePreTokenizer Metaspace(JsonAt value) =>
        new(Encoding.UTF8.GetBytes(value.Required("replacement").Character().ToString()), Scheme(value), value.Optional("split")?.Bool() ?? true);

    /// <summary>prepend_scheme, or add_prefix_space of older files.</summary>
    public static PrependScheme Scheme(JsonAt value)
    {
        var given = value.Optional("prepend_scheme");
        var scheme = given?.String() switch
        {
            null or "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw given!.Value.Bad("always, first or never"),
        };
        if (value.Optional("add_prefix_space")?.Bool() != false) return scheme;
        return given is null || scheme == PrependScheme.Never ? PrependScheme.Never : throw value.Bad("a prepend_scheme that agrees with add_prefix_space", given.Value.String());
    }

    private static void Flatten(JsonAt value, List<JsonAt> leaves)
    {
        if (TypeOf(value) != "Sequence")
        {
            leaves.Add(value);
            return;
        }

        foreach (var item in value.Required("pretokenizers").Items()) Flatten(item, leaves);
    }

    private static void Read(JsonAt value, bool keepBytes, List<PreTokenizer> steps)
    {
        switch (TypeOf(value))
        {
            case "ByteLevel":
                steps.Add(new ByteLevelPreTokenizer(value.Required("add_prefix_space").Bool(), value.Optional("use_regex")?.Bool() ?? true, keepBytes));
                break;
            case "Split":
                steps.Add(new SplitPreTokenizer(Pattern(value.Required("pattern")), Behavior(value.Required("behavior")), value.Optional("invert")?.Bool() ?? false));
                break;
            case "Metaspace":
                steps.Add(Metaspace(value));
                break;
            case "Digits":
                var single = value.Optional("individual_digits")?.Bool() ?? false;
                steps.Add(Characters(static c => CodePoints.Is(c, CodePointKind.Number), single ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                steps.Add(Characters(OlderUnicode.IsPunctuation, value.Optional("behavior") is { } given ? Behavior(given) : SplitBehavior.Isolated));
                break;
            case "WhitespaceSplit":
                steps.Add(Characters(CodePoints.IsSpace, SplitBehavior.Removed));
                break;
            case "Whitespace":
                steps.Add(new SplitPreTokenizer(new WhitespaceScanner(), SplitBehavior.Removed, invert: true));
                break;
            case "BertPreTokenizer":
                steps.Add(Characters(CodePoints.IsSpace, SplitBehavior.Removed));
                steps.Add(Characters(OlderUnicode.IsPunctuation, SplitBehavior.Isolated));
                break;
            case "CharDelimiterSplit" or "Delimiter":
                var delimiter = value.Required("delimiter").Character().Value;
                steps.Add(Characters(c => c == delimiter, SplitBehavior.Removed));
                break;
            case var other:
                throw new UnsupportedModelException("a tokenizer has a pre-tokenizer this version does not know", value.Where,
                    "ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit or a Sequence of them", other);
        }
    }

    private static SplitPreTokenizer Characters(Func<int, bool> isMatch, SplitBehavior behavior) => new(new CharacterPattern(isMatch), behavior, invert: false);

    private static SplitBehavior Behavior(JsonAt value) => value.String() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw value.Bad("a SplitDelimiterBehavior"),
    };
}
