using System.Globalization;
using System.Text;

namespace Babel.Model.Tokenizers;

/// <summary>The tokens of byte fallback, &lt;0x00&gt; to &lt;0xFF&gt;.</summary>
internal static class ByteToken
{
    public static byte[] NameOf(int value) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));

    /// <summary>The byte a token stands for, or -1; hexadecimal digits of either case, as the reference reads them.</summary>
    public static int ValueOf(ReadOnlySpan<char> token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x", StringComparison.Ordinal) || token[5] != '>') return -1;
        if (token[3] == '+') return char.IsAsciiHexDigit(token[4]) ? Convert.ToInt32(token[4].ToString(), 16) : -1;
        return byte.TryParse(token[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : -1;
    }
}
