using System.Text;
using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>
/// A tokenizer.json: added tokens are cut out, the rest is normalized, cut again, cut into pieces, and encoded piece by
/// piece; the post-processor's ids go around.
/// </summary>
internal sealed class HuggingFaceTokenizer : Tokenizer
{
    private readonly Vocabulary _vocabulary = new();
    private readonly Dictionary<int, AddedToken> _added = [];
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);
    private readonly AddedTokenMatcher? _plainMatcher;
    private readonly AddedTokenMatcher? _normalizedMatcher;
    private readonly List<TextNormalizer> _normalizers;
    private readonly List<PreTokenizer> _preTokenizers;
    private readonly IWordScanner? _scanner;
    private readonly ITokenModel _model;
    private readonly List<TokenDecoder>? _decoders;
    private readonly int[] _before;
    private readonly int[] _after;
    private readonly int _size;

    private HuggingFaceTokenizer(JsonAt root, SpecialTokenSettings settings)
    {
        root.Object();
        var model = root.Required("model");
        _normalizers = NormalizerReader.Read(root.Optional("normalizer"));
        _preTokenizers = PreTokenizerReader.Read(root.Optional("pre_tokenizer"), ModelReader.TypeOf(model) == "BPE", out var bytes);
        _scanner = bytes ? OnlyScanner(_preTokenizers) : null;
        _model = ModelReader.Read(model, bytes, _vocabulary, out var unknownId);
        (_before, _after) = PostProcessorReader.Read(root.Optional("post_processor"));
        _decoders = DecoderReader.Read(root.Optional("decoder"));
        if (root.Optional("added_tokens") is { } added) ReadAdded(added);
        _plainMatcher = Matcher(normalized: false);
        _normalizedMatcher = Matcher(normalized: true);
        _size = Math.Max(_vocabulary.Size, _added.Keys.DefaultIfEmpty(-1).Max() + 1);
        UnkId = unknownId >= 0 ? unknownId : null;
        SetSpecialIds(settings);
    }

    public override int VocabularySize => _size;

    public static HuggingFaceTokenizer Parse(byte[] data, string path, SpecialTokenSettings settings)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            return new HuggingFaceTokenizer(new JsonAt(document.RootElement, path, "$"), settings);
        }
        catch (JsonException error)
        {
            throw new ModelFormatException("a tokenizer.json is torn", $"{path}: {error.Path ?? "$"}, line {error.LineNumber + 1}", "JSON", error.Message, inner: error);
        }
    }

    public override string? TokenOf(int id) => _added.TryGetValue(id, out var token) ? token.Content : _vocabulary.TextOf(id);

    public override int? IdOf(string token)
    {
        if (_addedIds.TryGetValue(token, out var added)) return added;
        return _vocabulary.IdOf(Encoding.UTF8.GetBytes(token)) is >= 0 and var id ? id : null;
    }

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            // An added token is decoded from what was matched, so that a prepended ▁ is undone.
            var text = _added.TryGetValue(id, out var token) ? Encoding.UTF8.GetString(token.Pattern) : _vocabulary.TextOf(id);
            if (text is null || (skipSpecialTokens && _special.Contains(text))) continue;
            tokens.Add(text);
        }

        if (_decoders is null) return string.Join(' ', tokens);
        foreach (var decoder in _decoders) tokens = decoder.Apply(tokens);
        return string.Concat(tokens);
    }

    private protected override void EncodeCore(EncodeScratch scratch, bool addSpecialTokens, List<int> ids)
    {
        if (addSpecialTokens) ids.AddRange(_before);
        var source = scratch.Source.Written;
        Split(_plainMatcher, source, scratch.Outer);
        foreach (var segment in scratch.Outer)
        {
            if (segment.Id >= 0) ids.Add(segment.Id);
            else EncodeText(source[segment.Start..segment.End], segment.Start == 0, scratch, ids);
        }

        if (addSpecialTokens) ids.AddRange(_after);
    }

    private static void Split(AddedTokenMatcher? matcher, ReadOnlySpan<byte> text, List<Segment> segments)
    {
        segments.Clear();
        if (matcher is not null) matcher.Split(text, segments);
        else if (text.Length > 0) segments.Add(new Segment(-1, 0, text.Length));
    }

    private void EncodeText(ReadOnlySpan<byte> text, bool atStart, EncodeScratch scratch, List<int> ids)
    {
        text = Normalize(text, scratch);
        Split(_normalizedMatcher, text, scratch.Inner);
        foreach (var segment in scratch.Inner)
        {
            if (segment.Id >= 0) ids.Add(segment.Id);
            else EncodePieces(text[segment.Start..segment.End], atStart && segment.Start == 0, scratch, ids);
        }
    }

    // The result lies in the text given or in scratch.Normalized; each step writes to the buffer the last one did not.
    private ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> text, EncodeScratch scratch)
    {
        foreach (var step in _normalizers)
        {
            scratch.Spare.Clear();
            if (!step.Apply(text, scratch.Spare)) continue;
            (scratch.Normalized, scratch.Spare) = (scratch.Spare, scratch.Normalized);
            text = scratch.Normalized.Written;
        }

        return text;
    }

    private void EncodePieces(ReadOnlySpan<byte> text, bool atStart, EncodeScratch scratch, List<int> ids)
    {
        if (_preTokenizers.Count == 0)
        {
            _model.Encode(text, scratch.Model, ids);
            return;
        }

        if (_scanner is not null)
        {
            for (var at = 0; at < text.Length;)
            {
                var end = _scanner.Next(text, at, out _);
                _model.Encode(text[at..end], scratch.Model, ids);
                at = end;
            }

            return;
        }

        var list = scratch.Pieces;
        list.Reset(text, atStart);
        foreach (var step in _preTokenizers) step.Apply(list);
        foreach (var piece in list.Pieces) _model.Encode(list[piece], scratch.Model, ids);
    }

    // Where cutting is one scanner over raw bytes, the list of pieces can be done without.
    private static IWordScanner? OnlyScanner(List<PreTokenizer> steps) => steps switch
    {
        [ByteLevelPreTokenizer { AddPrefixSpace: false } only] => only.Scanner,
        [SplitPreTokenizer split, ByteLevelPreTokenizer { AddPrefixSpace: false, Scanner: null }] => split.Scanner,
        _ => null,
    };

    private AddedTokenMatcher? Matcher(bool normalized)
    {
        var tokens = _added.Values.Where(t => t.Normalized == normalized).ToArray();
        return tokens.Length == 0 ? null : new AddedTokenMatcher(tokens);
    }

    private void ReadAdded(JsonAt list)
    {
        var scratch = new EncodeScratch();
        var next = _vocabulary.Count;
        foreach (var item in list.Items())
        {
            var content = item.Required("content").String();
            if (content.Length == 0) continue;
            var written = item.Required("id").Int();
            if (written is < 0 or >= Vocabulary.MostTokens) throw item.Required("id").Bad("an id");
            var utf8 = Encoding.UTF8.GetBytes(content);

            // As the reference does, which only warns where the file says otherwise: a token of the vocabulary keeps its
            // id, the others are numbered on from the size of the vocabulary.
            var id = IdOf(content) ?? next++;
            var normalized = Flag(item, "normalized");
            var token = new AddedToken(id, content, normalized ? Normalize(utf8, scratch).ToArray() : utf8,
                Flag(item, "single_word"), Flag(item, "lstrip"), Flag(item, "rstrip"), normalized, Flag(item, "special"));
            _added[id] = token;
            _addedIds[content] = id;
            if (token.Special) _special.Add(content);
        }

        static bool Flag(JsonAt item, string name) => item.Optional(name)?.Bool() ?? false;
    }
}
