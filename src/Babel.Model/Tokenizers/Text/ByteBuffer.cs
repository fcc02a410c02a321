using System.Runtime.CompilerServices;
using System.Text;

namespace Babel.Model.Tokenizers.Text;

/// <summary>A growable run of bytes, kept and reused: the tokenizers work on UTF-8 throughout.</summary>
internal sealed class ByteBuffer
{
    private byte[] _data = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _data.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Truncate(int length) => Length = length;

    public ReadOnlySpan<byte> Slice(int start, int length) => _data.AsSpan(start, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(byte value)
    {
        if (Length == _data.Length) Grow(1);
        _data[Length++] = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _data.Length - Length) Grow(bytes.Length);
        bytes.CopyTo(_data.AsSpan(Length));
        Length += bytes.Length;
    }

    public void AppendCodePoint(int codePoint)
    {
        if (_data.Length - Length < 4) Grow(4);
        Length += Utf8.Encode(codePoint, _data.AsSpan(Length));
    }

    /// <summary>Appends a string as UTF-8; each lone surrogate becomes U+FFFD.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most > _data.Length - Length) Grow(most);
        Length += Encoding.UTF8.GetBytes(text, _data.AsSpan(Length));
    }

    private void Grow(int more)
    {
        var needed = checked(Length + more);
        var doubled = (int)Math.Min(_data.Length * 2L, Array.MaxLength);
        Array.Resize(ref _data, Math.Max(needed, doubled));
    }
}
