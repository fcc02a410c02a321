using System.Globalization;
using System.Text;
using Babel.Model.Errors;

namespace Babel.Model.Files;

/// <summary>
/// A strict reader of JSON (RFC 8259) over bytes, for headers that may be hostile: no leniency, no recursion without a limit, every
/// error with its offset in the file. System.Text.Json would accept 1e0 and 1.0 where integers are asked for only after conversion, and
/// reports positions as lines; a header is one line.
/// </summary>
internal ref struct JsonScanner(string path, ReadOnlySpan<byte> text, long fileOffset)
{
    private const int DepthLimit = 127;
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at = 0;

    /// <summary>Offset in the file of the next byte.</summary>
    public readonly long Offset => fileOffset + _at;

    public readonly bool AtEnd => _at == _text.Length;

    /// <summary>The next byte after white space, 0 at the end.</summary>
    public byte Peek()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') _at++;
        return _at < _text.Length ? _text[_at] : (byte)0;
    }

    /// <summary>Takes one punctuation mark.</summary>
    public void Expect(char mark, string purpose)
    {
        if (Peek() != mark || AtEnd) throw Fail(purpose, $"'{mark}'");
        _at++;
    }

    /// <summary>After a member or element: true for ',', false for the closing mark, which is taken too.</summary>
    public bool More(char close, string purpose)
    {
        byte next = Peek();
        if (next == ',')
        {
            _at++;
            if (Peek() == close) throw Fail($"{purpose} ends in a trailing comma", "another entry");
            return true;
        }

        if (next != close) throw Fail($"{purpose} is torn", $"',' or '{close}'");
        _at++;
        return false;
    }

    /// <summary>Takes an opening mark; false when the container is empty, and then the closing mark is taken too.</summary>
    public bool Open(char open, char close, string purpose)
    {
        Expect(open, purpose);
        if (Peek() != close) return true;
        _at++;
        return false;
    }

    public bool TryNull()
    {
        Peek();
        if (!_text[_at..].StartsWith("null"u8)) return false;
        _at += 4;
        return true;
    }

    /// <summary>An unsigned integer: digits only, no sign, fraction, exponent or leading zero, within 64 bits.</summary>
    public ulong UnsignedInteger(string purpose)
    {
        Peek();
        int start = _at;
        while (_at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9') _at++;
        var digits = _text[start.._at];
        bool number = digits.Length > 0 && (digits.Length == 1 || digits[0] != '0');
        bool ended = _at == _text.Length || _text[_at] is (byte)',' or (byte)']' or (byte)'}' or (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';
        if (!number || !ended)
        {
            _at = start;
            throw Fail($"{purpose} is no unsigned integer", "digits only");
        }

        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
        {
            _at = start;
            throw Fail($"{purpose} does not fit 64 bits", $"at most {ulong.MaxValue}");
        }

        return value;
    }

    /// <summary>A string, unescaped. Raw control characters, broken UTF-8 and lone surrogates are errors.</summary>
    public string Text(string purpose)
    {
        if (Peek() != '"') throw Fail($"{purpose} is no string", "'\"'");
        int start = ++_at;
        StringBuilder? built = null;
        while (true)
        {
            int run = _text[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (run < 0) throw Fail($"{purpose} does not end", "a closing '\"'");
            string plain = Plain(_text.Slice(_at, run), purpose);
            _at += run;
            if (_text[_at++] == '"')
            {
                if (built is null) return plain;
                built.Append(plain);
                break;
            }

            (built ??= new StringBuilder()).Append(plain);
            built.Append(Escape(purpose));
        }

        string text = built.ToString();
        CheckSurrogates(text, start, purpose);
        return text;
    }

    /// <summary>Any value, checked and thrown away.</summary>
    public void Skip(string purpose, int depth = 0)
    {
        if (depth > DepthLimit) throw Fail($"{purpose} is nested too deeply", $"at most {DepthLimit} levels");
        switch (Peek())
        {
            case (byte)'"':
                Text(purpose);
                break;
            case (byte)'{':
                if (!Open('{', '}', purpose)) break;
                do
                {
                    Text(purpose);
                    Expect(':', purpose);
                    Skip(purpose, depth + 1);
                }
                while (More('}', purpose));
                break;
            case (byte)'[':
                if (!Open('[', ']', purpose)) break;
                do Skip(purpose, depth + 1);
                while (More(']', purpose));
                break;
            default:
                SkipLiteral(purpose);
                break;
        }
    }

    public readonly ModelFormatException Fail(string what, string expected) =>
        new(what, $"{path}, offset {Offset}", expected, Here());

    private void SkipLiteral(string purpose)
    {
        foreach (string literal in (string[])["null", "true", "false"])
        {
            if (!_text[_at..].StartsWith(Encoding.ASCII.GetBytes(literal))) continue;
            _at += literal.Length;
            return;
        }

        int start = _at;
        if (At('-')) _at++;
        bool good = At('0') ? Digits() == 1 : Digits() > 0;
        if (At('.'))
        {
            _at++;
            good &= Digits() > 0;
        }

        if (At('e') || At('E'))
        {
            _at++;
            if (At('+') || At('-')) _at++;
            good &= Digits() > 0;
        }

        if (good) return;
        _at = start;
        throw Fail($"{purpose} is no JSON value", "a string, number, object, array, true, false or null");
    }

    private readonly bool At(char c) => _at < _text.Length && _text[_at] == c;

    private int Digits()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9') _at++;
        return _at - start;
    }

    private readonly string Plain(ReadOnlySpan<byte> bytes, string purpose)
    {
        if (bytes.IndexOfAnyInRange((byte)0, (byte)0x1F) >= 0) throw Fail($"{purpose} holds a raw control character", "\\u escapes");
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Fail($"{purpose} is not UTF-8", "valid UTF-8");
        }
    }

    private char Escape(string purpose)
    {
        byte kind = _at < _text.Length ? _text[_at++] : (byte)0;
        switch (kind)
        {
            case (byte)'"' or (byte)'\\' or (byte)'/':
                return (char)kind;
            case (byte)'b':
                return '\b';
            case (byte)'f':
                return '\f';
            case (byte)'n':
                return '\n';
            case (byte)'r':
                return '\r';
            case (byte)'t':
                return '\t';
            case (byte)'u' when _at + 4 <= _text.Length
                && ushort.TryParse(_text.Slice(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                _at += 4;
                return (char)unit;
            default:
                throw Fail($"{purpose} holds a broken escape", "\\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX");
        }
    }

    private readonly void CheckSurrogates(string text, int start, string purpose)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
                continue;
            }

            throw new ModelFormatException(
                $"{purpose} holds half a surrogate pair", $"{path}, offset {fileOffset + start}", "whole characters", $"\\u{(int)text[i]:X4}");
        }
    }

    private readonly string Here()
    {
        if (_at >= _text.Length) return "the end of the header";
        var rest = _text.Slice(_at, Math.Min(16, _text.Length - _at));
        var shown = new StringBuilder("'");
        foreach (byte b in rest) shown.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        return shown.Append('\'').ToString();
    }
}
