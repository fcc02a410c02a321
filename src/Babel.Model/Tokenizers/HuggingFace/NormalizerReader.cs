using System.Text;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Reads the normalizer of a tokenizer.json into a flat list of steps.</summary>
internal static class NormalizerReader
{
    public static List<TextNormalizer> Read(JsonAt? value)
    {
        var steps = new List<TextNormalizer>();
        if (value is { } root) Add(root, steps);
        return steps;
    }

    private static void Add(JsonAt value, List<TextNormalizer> steps)
    {
        switch (PreTokenizerReader.TypeOf(value))
        {
            case "Sequence":
                foreach (var item in value.Required("normalizers").Items()) Add(item, steps);
                break;
            case "NFC": steps.Add(new UnicodeFormNormalizer(UnicodeForm.C)); break;
            case "NFD": steps.Add(new UnicodeFormNormalizer(UnicodeForm.D)); break;
            case "NFKC": steps.Add(new UnicodeFormNormalizer(UnicodeForm.KC)); break;
            case "NFKD": steps.Add(new UnicodeFormNormalizer(UnicodeForm.KD)); break;
            case "Lowercase": steps.Add(new CharacterNormalizer(CharacterNormalizer.Lowercase)); break;
            case "StripAccents": steps.Add(new CharacterNormalizer(CharacterNormalizer.StripAccents)); break;
            case "Nmt": steps.Add(new CharacterNormalizer(CharacterNormalizer.Nmt)); break;
            case "ByteLevel": steps.Add(new ByteLevelNormalizer()); break;
            case "Strip": steps.Add(new StripNormalizer(value.Required("strip_left").Bool(), value.Required("strip_right").Bool())); break;
            case "Prepend": steps.Add(new PrependNormalizer(Encoding.UTF8.GetBytes(value.Required("prepend").String()))); break;
            case "Replace": steps.Add(Replace(value)); break;
            case "Precompiled":
                if (Precompiled(value) is { } map) steps.Add(new CharsmapNormalizer(map));
                break;
            case var other:
                throw new UnsupportedModelException("a tokenizer has a normalizer this version does not know", value.Where,
                    "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Nmt, Prepend, Replace, Precompiled, ByteLevel or a Sequence of them", other);
        }
    }

    private static TextNormalizer Replace(JsonAt value)
    {
        var content = Encoding.UTF8.GetBytes(value.Required("content").String());
        var pattern = value.Required("pattern");
        if (pattern.Optional("String") is { } literal && literal.String() is [< '\u0080' and var single])
            return new ReplaceByteNormalizer((byte)single, content);
        return new ReplaceNormalizer(PreTokenizerReader.Pattern(pattern), content);
    }

    private static Charsmap? Precompiled(JsonAt value)
    {
        if (value.Optional("precompiled_charsmap") is not { } map) return null;
        try
        {
            return Charsmap.Read(Convert.FromBase64String(map.String()), map.Where);
        }
        catch (FormatException error)
        {
            throw map.Bad("base64", "something else", error);
        }
    }
}
