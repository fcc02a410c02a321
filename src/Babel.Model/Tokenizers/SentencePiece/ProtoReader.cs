using System.Buffers.Binary;
using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>
/// Walks the fields of one Protocol Buffers message (protobuf.dev, "Encoding"). Every length is checked against what
/// is left before anything is read.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, string where)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly string _where = where;
    private int _at = 0;

    /// <summary>The number of the field just read.</summary>
    public int Field { get; private set; }

    /// <summary>Its integer, when it is one (wire types 0, 1 and 5).</summary>
    public ulong Integer { get; private set; }

    /// <summary>Its bytes, when it has a length (wire type 2).</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool IsBytes { get; private set; }

    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Integer);

    public readonly bool Flag => Integer != 0;

    /// <summary>As protobuf's int32: a negative number is written as 64 bits.</summary>
    public readonly int Int32 => unchecked((int)Integer);

    public bool Next()
    {
        if (_at == _message.Length) return false;
        var key = Varint();
        if (key >> 3 is 0 or > 0x1FFFFFFF) throw Torn($"field number {key >> 3}");
        Field = (int)(key >> 3);
        IsBytes = false;
        Bytes = default;
        switch (key & 7)
        {
            case 0: Integer = Varint(); break;
            case 1: Integer = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); break;
            case 5: Integer = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            case 2:
                Bytes = Take(Varint());
                IsBytes = true;
                break;
            default: throw Torn($"wire type {key & 7}");
        }

        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at == _message.Length) throw Torn("the end inside a number");
            var b = _message[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }

        throw Torn("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _at)) throw Torn($"a field of {length} bytes with {_message.Length - _at} left");
        var bytes = _message.Slice(_at, (int)length);
        _at += (int)length;
        return bytes;
    }

    private readonly ModelFormatException Torn(string found) => new(
        "a SentencePiece model is torn, or no SentencePiece model", $"{_where}, byte {_at} of a message of {_message.Length}",
        "a field of sentencepiece_model.proto", found, "fetch tokenizer.model again, and check that it is not a Git LFS pointer");
}
