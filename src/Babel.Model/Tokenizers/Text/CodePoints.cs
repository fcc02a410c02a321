using System.Globalization;
using System.Runtime.CompilerServices;

namespace Babel.Model.Tokenizers.Text;

/// <summary>What the pre-tokenizers ask about a code point, as bits.</summary>
[Flags]
internal enum CodePointKind : byte
{
    None = 0,

    /// <summary>\p{L}</summary>
    Letter = 1,

    /// <summary>\p{N}</summary>
    Number = 2,

    /// <summary>The White_Space property: \s of Oniguruma and of Rust. Has U+0085; has not U+001C..1F, U+180E, U+200B.</summary>
    Space = 4,

    /// <summary>\r or \n</summary>
    NewLine = 8,

    /// <summary>\p{M}</summary>
    Mark = 16,

    /// <summary>\p{P}</summary>
    Punctuation = 32,

    /// <summary>\w of Rust's regex crate: Alphabetic, M, Nd, Pc, Join_Control.</summary>
    Word = 64,
}

/// <summary>Unicode properties by code point (not by UTF-16 unit, which is where System.Text.RegularExpressions goes wrong).</summary>
internal static class CodePoints
{
    /// <summary>Planes 0 and 1 are tabled; nothing above them but ideographs is a letter, and those are asked for one by one.</summary>
    private const int Tabled = 0x20000;

    private static readonly byte[] Table = Build();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CodePointKind KindOf(int codePoint)
    {
        var table = Table;
        return (uint)codePoint < (uint)table.Length ? (CodePointKind)table[codePoint] : Compute(codePoint);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(int codePoint, CodePointKind any) => (KindOf(codePoint) & any) != CodePointKind.None;

    public static bool IsSpace(int codePoint) => Is(codePoint, CodePointKind.Space);

    private static byte[] Build()
    {
        var table = new byte[Tabled];
        for (var c = 0; c < Tabled; c++) table[c] = (byte)Compute(c);
        return table;
    }

    private static CodePointKind Compute(int c)
    {
        var kind = CharUnicodeInfo.GetUnicodeCategory(c) switch
        {
            <= UnicodeCategory.OtherLetter => CodePointKind.Letter | CodePointKind.Word,
            <= UnicodeCategory.EnclosingMark => CodePointKind.Mark | CodePointKind.Word,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => CodePointKind.Number | CodePointKind.Word,
            UnicodeCategory.OtherNumber => CodePointKind.Number,
            UnicodeCategory.ConnectorPunctuation => CodePointKind.Punctuation | CodePointKind.Word,
            >= UnicodeCategory.DashPunctuation and <= UnicodeCategory.OtherPunctuation => CodePointKind.Punctuation,
            _ => CodePointKind.None,
        };
        if (IsWhiteSpace(c)) kind |= CodePointKind.Space;
        if (c is '\r' or '\n') kind |= CodePointKind.NewLine;
        if (IsAlphabeticSymbol(c) || c is 0x200C or 0x200D) kind |= CodePointKind.Word;
        return kind;
    }

    // PropList.txt, White_Space.
    private static bool IsWhiteSpace(int c) => c is (>= 9 and <= 13) or 0x20 or 0x85 or 0xA0 or 0x1680
        or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    // DerivedCoreProperties.txt: the symbols (So) that are Alphabetic, circled and squared letters.
    private static bool IsAlphabeticSymbol(int c) => c is (>= 0x24B6 and <= 0x24E9)
        or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
