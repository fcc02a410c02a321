using System.Globalization;
using System.Text;

namespace Babel.Cli.Output;

/// <summary>How many terminal cells a text takes: 2 for wide characters, 0 for marks that sit on another.</summary>
internal static class TextWidth
{
    /// <summary>The cells of <paramref name="text"/>.</summary>
    public static int Of(string text)
    {
        int cells = 0;
        foreach (var rune in text.EnumerateRunes()) cells += Of(rune);
        return cells;
    }

    /// <summary><paramref name="text"/> cut to at most <paramref name="cells"/>, with an ellipsis where something is missing.</summary>
    public static string Cut(string text, int cells)
    {
        if (Of(text) <= cells) return text;
        var kept = new StringBuilder();
        int used = 1;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Of(rune);
            if (used > cells) break;
            kept.Append(rune.ToString());
        }

        return kept.Append('…').ToString();
    }

    private static int Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    // The blocks whose characters have East_Asian_Width W or F (Unicode Standard Annex 11), merged to ranges.
    private static bool IsWide(int c) => c is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E) or (>= 0x3041 and <= 0x33FF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x4E00 and <= 0x9FFF) or (>= 0xA000 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF)
        or (>= 0x20000 and <= 0x3FFFD);
}
