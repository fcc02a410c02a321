using System.Runtime.InteropServices;

namespace Babel.Model.Tokenizers.Bpe;

/// <summary>Encodes word by word, looking up those that were seen before.</summary>
internal static class CachedWords
{
    /// <summary>Cuts a text before each run of U+2581 that follows a character, and encodes the words between.</summary>
    public static void EncodeAll<TModel>(TModel model, ReadOnlySpan<byte> text, ModelScratch scratch, List<int> ids)
        where TModel : IWordModel
    {
        for (var start = 0; start < text.Length;)
        {
            var end = Metaspace.NextWord(text, start);
            Encode(model, text[start..end], scratch, ids);
            start = end;
        }
    }

    /// <summary>Encodes one word.</summary>
    public static void Encode<TModel>(TModel model, ReadOnlySpan<byte> word, ModelScratch scratch, List<int> ids)
        where TModel : IWordModel
    {
        if (word.Length > WordCache.LongestWord)
        {
            model.Compute(word, scratch, ids);
            return;
        }

        var hash = TokenTable.Hash(word);
        if (scratch.Cache.TryAppend(word, hash, ids)) return;
        var before = ids.Count;
        model.Compute(word, scratch, ids);
        scratch.Cache.Add(word, hash, CollectionsMarshal.AsSpan(ids)[before..]);
    }
}
