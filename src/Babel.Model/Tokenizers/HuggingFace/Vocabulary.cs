using System.Text;
using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Tokens and ids, both ways. Texts lie in one buffer; ids may have holes.</summary>
internal sealed class Vocabulary
{
    /// <summary>No model has so many tokens; a file that says so is hostile.</summary>
    public const int MostTokens = 1 << 24;

    private readonly TokenTable _ids = new();
    private readonly ByteBuffer _text = new();
    private readonly List<(int Start, int Length)> _places = [];

    /// <summary>One more than the highest id.</summary>
    public int Size => _places.Count;

    /// <summary>How many tokens there are.</summary>
    public int Count => _ids.Count;

    public void Add(ReadOnlySpan<byte> token, int id)
    {
        while (_places.Count <= id) _places.Add((0, -1));
        _places[id] = (_text.Length, token.Length);
        _text.Append(token);
        _ids.Set(token, id);
    }

    public int IdOf(ReadOnlySpan<byte> token) => _ids.Get(token);

    public bool Has(int id) => (uint)id < (uint)_places.Count && _places[id].Length >= 0;

    public ReadOnlySpan<byte> Utf8Of(int id) => _text.Slice(_places[id].Start, _places[id].Length);

    public string? TextOf(int id) => Has(id) ? Encoding.UTF8.GetString(Utf8Of(id)) : null;
}
