using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Reads the model of a tokenizer.json: its vocabulary, and what encodes with it.</summary>
internal static class ModelReader
{
    /// <summary>BPE, Unigram, WordPiece or WordLevel; older files leave the type out, and the members tell.</summary>
    public static string TypeOf(JsonAt model)
    {
        if (model.Optional("type") is { } type) return type.String();
        if (model.Optional("merges") is not null) return "BPE";
        if (model.Required("vocab").Kind == JsonValueKind.Array) return "Unigram";
        return model.Optional("max_input_chars_per_word") is not null ? "WordPiece" : "WordLevel";
    }

    public static ITokenModel Read(JsonAt model, bool bytes, Vocabulary vocabulary, out int unknownId)
    {
        switch (TypeOf(model))
        {
            case "BPE": return Bpe(model, bytes, vocabulary, out unknownId);
            case "Unigram": return Unigram(model, vocabulary, out unknownId);
            case var other:
                throw new UnsupportedModelException("a tokenizer has a model this version does not encode with", $"{model.Where}.type", "BPE or Unigram", other);
        }
    }

    private static BpeModel Bpe(JsonAt model, bool bytes, Vocabulary vocabulary, out int unknownId)
    {
        RefuseAffix(model, "continuing_subword_prefix");
        RefuseAffix(model, "end_of_word_suffix");
        if (model.Optional("dropout") is { } dropout && dropout.Double() != 0)
            throw new UnsupportedModelException("a tokenizer drops merges at random", dropout.Where, "no dropout, so that ids can be reproduced", dropout.Element.GetRawText());
        ReadTokens(model.Required("vocab"), vocabulary);
        unknownId = -1;
        if (model.Optional("unk_token") is { } unknown)
        {
            unknownId = vocabulary.IdOf(JsonAt.Utf8Of(unknown));
            if (unknownId < 0) throw unknown.Bad("a token of the vocabulary");
        }

        var options = new BpeOptions(unknownId, Flag(model, "fuse_unk"), Flag(model, "byte_fallback"), Flag(model, "ignore_merges"));
        var merges = ReadMerges(model.Required("merges"), vocabulary);
        var cutsAtMetaspace = !merges.Exists(m => Metaspace.IsInside(vocabulary.Utf8Of(m.Value.Id)));
        return new BpeModel(Matched(vocabulary, bytes, options), new PairTable(merges), options, bytes, cutsAtMetaspace);
    }

    private static bool Flag(JsonAt model, string name) => model.Optional(name)?.Bool() ?? false;

    private static void RefuseAffix(JsonAt model, string name)
    {
        if (model.Optional(name) is not { } affix || affix.String().Length == 0) return;
        throw new UnsupportedModelException("a tokenizer marks the parts of a word in a way this version does not read", affix.Where, "no affix", affix.String());
    }

    private static void ReadTokens(JsonAt vocab, Vocabulary vocabulary)
    {
        vocab.Object();
        foreach (var entry in vocab.Element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= Vocabulary.MostTokens)
                throw new JsonAt(entry.Value, vocab.File, $"{vocab.Path}[\"{NameOf(entry, vocab)}\"]").Bad("an id");
            var raw = JsonMarshal.GetRawUtf8PropertyName(entry);
            if (raw.IndexOf((byte)'\\') < 0 && System.Text.Unicode.Utf8.IsValid(raw)) vocabulary.Add(raw, id);
            else vocabulary.Add(System.Text.Encoding.UTF8.GetBytes(NameOf(entry, vocab)), id);
        }
    }

    private static string NameOf(JsonProperty entry, JsonAt vocab)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException error)
        {
            throw vocab.Bad("tokens of Unicode characters", "lone surrogates or bytes that are not UTF-8", error);
        }
    }

    /// <summary>"a b" or ["a", "b"]; the place in the list is the rank, and a later listing of the same pair wins.</summary>
    private static List<KeyValuePair<(int Left, int Right), Merge>> ReadMerges(JsonAt list, Vocabulary vocabulary)
    {
        var merges = new List<KeyValuePair<(int Left, int Right), Merge>>(list.Count);
        var whole = new ByteBuffer();
        var rank = 0;
        foreach (var item in list.Items())
        {
            if (item.Kind == JsonValueKind.String && JsonAt.Utf8Of(item).StartsWith("#version"u8)) continue;
            Pair(item, whole, out var leftLength);
            var left = vocabulary.IdOf(whole.Written[..leftLength]);
            var right = vocabulary.IdOf(whole.Written[leftLength..]);
            var id = vocabulary.IdOf(whole.Written);
            if (left < 0 || right < 0 || id < 0) throw item.Bad("a pair of tokens of the vocabulary, which together are one");
            merges.Add(KeyValuePair.Create((left, right), new Merge(rank++, id)));
        }

        return merges;
    }

    // Leaves the two parts, joined, in `whole`.
    private static void Pair(JsonAt item, ByteBuffer whole, out int leftLength)
    {
        whole.Clear();
        if (item.Kind == JsonValueKind.Array)
        {
            if (item.Count != 2) throw item.Bad("two tokens", item.Count.ToString(CultureInfo.InvariantCulture));
            leftLength = 0;
            foreach (var part in item.Items())
            {
                leftLength = whole.Length;
                whole.Append(JsonAt.Utf8Of(part));
            }

            return;
        }

        var text = JsonAt.Utf8Of(item);
        leftLength = text.IndexOf((byte)' ');
        if (leftLength < 0 || text[(leftLength + 1)..].IndexOf((byte)' ') >= 0) throw item.Bad("two tokens with one space between");
        whole.Append(text[..leftLength]);
        whole.Append(text[(leftLength + 1)..]);
    }

    // In a byte-level model tokens are matched as the bytes their characters stand for.
    private static TokenTable Matched(Vocabulary vocabulary, bool bytes, BpeOptions options)
    {
        var table = new TokenTable();
        var raw = new ByteBuffer();
        for (var id = 0; id < vocabulary.Size; id++)
        {
            if (!vocabulary.Has(id) || vocabulary.IdOf(vocabulary.Utf8Of(id)) != id) continue;
            var token = vocabulary.Utf8Of(id);
            if (!bytes)
            {
                table.Set(token, id);
                continue;
            }

            // Without ignore_merges only single bytes are ever looked up.
            if (!options.IgnoreMerges && token.Length > 2) continue;
            raw.Clear();
            if (ByteAlphabet.TryAppendBytes(token, raw)) table.Set(raw.Written, id);
        }

        return table;
    }

    private static UnigramModel Unigram(JsonAt model, Vocabulary vocabulary, out int unknownId)
    {
        var vocab = model.Required("vocab");
        var pieces = new List<byte[]>(vocab.Count);
        var scores = new double[vocab.Count];
        foreach (var item in vocab.Items())
        {
            if (item.Count != 2) throw item.Bad("a piece and its score");
            var id = pieces.Count;
            var piece = JsonAt.Utf8Of(new JsonAt(item.Element[0], item.File, $"{item.Path}[0]")).ToArray();
            scores[id] = new JsonAt(item.Element[1], item.File, $"{item.Path}[1]").RustDouble();
            pieces.Add(piece);
            vocabulary.Add(piece, id);
        }

        var unknown = model.Optional("unk_id");
        unknownId = unknown?.Int() ?? -1;
        if (unknown is not null && (uint)unknownId >= (uint)pieces.Count) throw unknown.Value.Bad($"an id below {pieces.Count}");
        return new UnigramModel(pieces, scores, unknownId, Flag(model, "byte_fallback"));
    }
}
