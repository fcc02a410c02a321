using System.Collections.Concurrent;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.HuggingFace;
using Babel.Model.Tokenizers.SentencePiece;

namespace Babel.Model.Tokenizers;

/// <summary>
/// Text to token ids and back, the same ids as the library a model was trained with: Hugging Face's <c>tokenizers</c> for
/// a tokenizer.json, Google's SentencePiece for a tokenizer.model. Safe for any number of threads once loaded.
/// </summary>
/// <remarks>docs/tokenizers.md says which parts of both formats are read and which are refused by name.</remarks>
public abstract class Tokenizer
{
    private readonly ConcurrentBag<EncodeScratch> _scratch = [];

    private protected Tokenizer()
    {
    }

    /// <summary>One more than the highest token id. A model's V may be larger, where its embedding is padded.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The id of the token that begins a text, if the folder or the tokenizer names one.</summary>
    public int? BosId { get; private protected set; }

    /// <summary>The id of the token that ends a text, if the folder or the tokenizer names one.</summary>
    public int? EosId { get; private protected set; }

    /// <summary>The id of the token that fills up batches, if the folder or the tokenizer names one.</summary>
    public int? PadId { get; private protected set; }

    /// <summary>The id of the unknown token, if the folder or the tokenizer names one.</summary>
    public int? UnkId { get; private protected set; }

    /// <summary>
    /// Loads the tokenizer of a model folder: tokenizer.json if there is one, else tokenizer.model. Special tokens are those of
    /// tokenizer_config.json, then special_tokens_map.json, then config.json.
    /// </summary>
    /// <param name="folder">A model folder in Hugging Face's layout.</param>
    /// <exception cref="ModelNotFoundException">No folder, or no tokenizer in it; the message says what was looked for.</exception>
    /// <exception cref="ModelFormatException">A file is torn or inconsistent; the message has its JSON path or byte.</exception>
    /// <exception cref="UnsupportedModelException">A part of the tokenizer is not implemented; the message names it.</exception>
    public static Tokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = TokenizerFolder.Find(folder);
        return Read(path, TokenizerFolder.ReadSettings(folder));
    }

    /// <summary>Whether a folder holds a file that <see cref="Load"/> would read; nothing is opened.</summary>
    /// <param name="folder">Any path.</param>
    public static bool IsIn(string folder) => TokenizerFolder.FindOrNull(folder) is not null;

    /// <summary>
    /// Loads one tokenizer file by its contents, tokenizer.json or a SentencePiece model, and nothing beside it. Special ids are
    /// then those that the file itself names; a SentencePiece model adds its BOS.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The file is torn or inconsistent.</exception>
    /// <exception cref="UnsupportedModelException">A part of the tokenizer is not implemented.</exception>
    public static Tokenizer LoadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new ModelNotFoundException("the tokenizer file is not there", path, "a tokenizer.json or a tokenizer.model", "none");
        return Read(path, SpecialTokenSettings.None);
    }

    /// <summary>The ids of a text. Lone surrogates are read as U+FFFD.</summary>
    /// <param name="text">Any text; special tokens written in it are recognised as the tokenizer's file says.</param>
    /// <param name="addSpecialTokens">
    /// Whether to add what the tokenizer puts around a text: the post-processor of a tokenizer.json; for a tokenizer.model, BOS and
    /// EOS as add_bos_token and add_eos_token say.
    /// </param>
    /// <returns>Ids, each in 0..<see cref="VocabularySize"/>-1.</returns>
    public int[] Encode(string text, bool addSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 4);
        Encode(text, addSpecialTokens, ids);
        return [.. ids];
    }

    /// <summary>Appends the ids of a text to a list that the caller keeps; otherwise <see cref="Encode(string, bool)"/>.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecialTokens">As there.</param>
    /// <param name="ids">Where the ids go.</param>
    public void Encode(ReadOnlySpan<char> text, bool addSpecialTokens, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (!_scratch.TryTake(out var scratch)) scratch = new EncodeScratch();
        scratch.Source.Clear();
        scratch.Source.Append(text);
        EncodeCore(scratch, addSpecialTokens, ids);
        _scratch.Add(scratch);
    }

    /// <summary>The text of some ids. Ids that no token has are passed over, as padded vocabularies make them.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out. A tokenizer.model never shows its control tokens.</param>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false);

    /// <summary>The token of an id as the vocabulary writes it (Ġ or ▁ for a space), or null.</summary>
    /// <param name="id">A token id.</param>
    public abstract string? TokenOf(int id);

    /// <summary>The id of a token as the vocabulary writes it, or null.</summary>
    /// <param name="token">A token.</param>
    public abstract int? IdOf(string token);

    private protected abstract void EncodeCore(EncodeScratch scratch, bool addSpecialTokens, List<int> ids);

    private protected void SetSpecialIds(SpecialTokenSettings settings)
    {
        BosId = Find(settings.Bos, settings.BosId) ?? BosId;
        EosId = Find(settings.Eos, settings.EosId) ?? EosId;
        PadId = Find(settings.Pad, settings.PadId) ?? PadId;
        UnkId = Find(settings.Unk, null) ?? UnkId;

        int? Find(string? token, int? id) => token is not null && IdOf(token) is { } found ? found : id is >= 0 && TokenOf(id.Value) is not null ? id : null;
    }

    private static Tokenizer Read(string path, SpecialTokenSettings settings)
    {
        var data = File.ReadAllBytes(path);
        var first = data.AsSpan().TrimStart(" \t\r\n"u8);
        if (first.StartsWith("{"u8)) return HuggingFaceTokenizer.Parse(data, path, settings);
        if (Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase))
            throw new ModelFormatException("a tokenizer.json is not JSON", path, "an object", first.IsEmpty ? "an empty file" : $"byte 0x{first[0]:X2}");
        RefuseRanks(first, path);
        return new SentencePieceTokenizer(SentencePieceFile.Parse(data, path), settings);
    }

    // Llama 3 ships tiktoken's "base64 rank" lines under the name tokenizer.model.
    private static void RefuseRanks(ReadOnlySpan<byte> data, string path)
    {
        var line = data.IndexOf((byte)'\n') is > 0 and var end ? data[..end] : data;
        if (line.Length > 400 || line.IndexOf((byte)' ') is not (> 0 and var space)) return;
        if (!System.Buffers.Text.Base64.IsValid(line[..space]) || line[(space + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return;
        throw new UnsupportedModelException("a tokenizer.model is a tiktoken rank file", path, "a SentencePiece model",
            "lines of base64 and rank", "use the tokenizer.json of the same model");
    }
}
