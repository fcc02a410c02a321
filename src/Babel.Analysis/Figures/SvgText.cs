using System.Globalization;
using System.Text;

namespace Babel.Analysis.Figures;

/// <summary>Numbers, escaped text and estimated text widths for SVG.</summary>
internal static class SvgText
{
    /// <summary>A coordinate: invariant, at most two decimals, never an exponent and never "-0".</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "a coordinate is not finite");
        double rounded = Math.Round(value, 2);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Text as XML character data: the five characters XML reserves are escaped, and what XML 1.0 (section 2.2, Char) forbids, control
    /// characters and lone surrogates, becomes U+FFFD.
    /// </summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': result.Append("&lt;"); break;
                case '>': result.Append("&gt;"); break;
                case '&': result.Append("&amp;"); break;
                case '"': result.Append("&quot;"); break;
                case '\'': result.Append("&#39;"); break;
                case '\t' or '\n' or '\r': result.Append(' '); break;
                case < 0x20 or 0xFFFE or 0xFFFF: result.Append('\uFFFD'); break;
                default: result.Append(rune.ToString()); break;
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// An upper estimate of the width of a text at a font size, for margins. Sans-serif advances are near 0.56 em for Latin, Greek,
    /// Cyrillic and Arabic letters, and 1 em for East Asian wide characters; combining marks take no room.
    /// </summary>
    public static double Width(string text, double size)
    {
        double em = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            em += Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
                _ when IsWide(rune.Value) => 1.02,
                UnicodeCategory.UppercaseLetter => 0.72,
                _ => 0.58,
            };
        }

        return em * size;
    }

    // The blocks of Unicode's East Asian Width "W" that names of languages can fall in: Hangul Jamo, CJK to Yi, Hangul syllables,
    // compatibility ideographs, full-width forms, the ideographic planes, emoji.
    private static bool IsWide(int c) =>
        c is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);
}
