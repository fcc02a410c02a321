using System.Globalization;
using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Reads the post_processor of a tokenizer.json: the ids around a single text.</summary>
internal static class PostProcessorReader
{
    /// <summary>The ids before the text and after it.</summary>
    public static (int[] Before, int[] After) Read(JsonAt? value)
    {
        var found = new List<(int[] Before, int[] After)>();
        if (value is { } root) Add(root, found);
        return found.Count switch
        {
            0 => ([], []),
            1 => found[0],
            _ => throw new UnsupportedModelException("a tokenizer has several post-processors that add tokens", value!.Value.Where, "one", found.Count.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static void Add(JsonAt value, List<(int[] Before, int[] After)> found)
    {
        switch (PreTokenizerReader.TypeOf(value))
        {
            case "Sequence":
                foreach (var item in value.Required("processors").Items()) Add(item, found);
                break;
            case "ByteLevel": // offsets only
                break;
            case "RobertaProcessing" or "BertProcessing":
                found.Add(([PairId(value.Required("cls"))], [PairId(value.Required("sep"))]));
                break;
            case "TemplateProcessing":
                found.Add(Template(value));
                break;
            case var other:
                throw new UnsupportedModelException("a tokenizer has a post-processor this version does not know", value.Where,
                    "TemplateProcessing, RobertaProcessing, BertProcessing, ByteLevel or a Sequence of them", other);
        }
    }

    // ["<s>", 0]
    private static int PairId(JsonAt pair)
    {
        var items = pair.Items().ToArray();
        return items.Length == 2 ? items[1].Int() : throw pair.Bad("a token and its id");
    }

    private static (int[] Before, int[] After) Template(JsonAt value)
    {
        List<int> before = [], after = [];
        var sequences = 0;
        foreach (var item in value.Required("single").Items())
        {
            if (item.Optional("Sequence") is { } sequence)
            {
                if (sequence.Required("id").String() != "A" || ++sequences > 1) throw sequence.Bad("the sequence A, once");
                continue;
            }

            var name = item.Required("SpecialToken").Required("id").String();
            foreach (var id in value.Required("special_tokens").Required(name).Required("ids").Items())
                (sequences == 0 ? before : after).Add(id.Int());
        }

        return sequences == 1 ? ([.. before], [.. after]) : throw value.Bad("the sequence A in \"single\"", "none");
    }
}
