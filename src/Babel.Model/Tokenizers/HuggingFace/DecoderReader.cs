using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Reads the decoder of a tokenizer.json into a flat list of steps.</summary>
internal static class DecoderReader
{
    public static List<TokenDecoder>? Read(JsonAt? value)
    {
        if (value is not { } root) return null;
        var steps = new List<TokenDecoder>();
        Add(root, steps);
        return steps;
    }

    private static void Add(JsonAt value, List<TokenDecoder> steps)
    {
        switch (PreTokenizerReader.TypeOf(value))
        {
            case "Sequence":
                foreach (var item in value.Required("decoders").Items()) Add(item, steps);
                break;
            case "ByteLevel": steps.Add(new ByteLevelDecoder()); break;
            case "Metaspace": steps.Add(new MetaspaceDecoder(value.Required("replacement").Character().ToString(), PreTokenizerReader.Scheme(value))); break;
            case "ByteFallback": steps.Add(new ByteFallbackDecoder()); break;
            case "Fuse": steps.Add(new FuseDecoder()); break;
            case "Strip":
                steps.Add(new StripDecoder(value.Required("content").Character(), value.Required("start").Int(), value.Required("stop").Int()));
                break;
            case "Replace":
                steps.Add(new ReplaceDecoder(PreTokenizerReader.Pattern(value.Required("pattern")), value.Required("content").String()));
                break;
            case var other:
                throw new UnsupportedModelException("a tokenizer has a decoder this version does not know", value.Where,
                    "ByteLevel, Metaspace, ByteFallback, Fuse, Strip, Replace or a Sequence of them", other);
        }
    }
}
