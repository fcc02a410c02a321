using System.Text;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>Texts of awkward characters, the same ones every run.</summary>
internal static class RandomText
{
    private static readonly string[] Atoms =
    [
        " ", "  ", "   ", "\n", "\r\n", "\t", "\u0085", "\u00A0", "\u3000", "\u200B", "\u001C", "'s", "'S", "'\u017F", "'ll", "'RE", "a", "Bc",
        "\u00DF", "e\u0301", "\u1112\u1161\u11AB", "\uD55C", "\u6F22", "\U00020BB7", "\U0001D7D9", "\u00BD", "\u00B2", "1", "234", "56789", ".", ",", "?", "\u2026",
        "\u3002", "\u0964", "(", ")", "[", "]", "|", "-", "_", "\u093F", "\u0915", "\U0001F44D", "\u2581", "<s>", "</s>", "<0x0A>", "\uFFFD", "\u0130",
    ];

    public static IEnumerable<string> Some(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var k = random.Next(1, 14); k > 0; k--)
            {
                if (random.Next(8) > 0) text.Append(Atoms[random.Next(Atoms.Length)]);
                else text.Append(AnyCharacter(random));
            }

            yield return text.ToString();
        }
    }

    private static Rune AnyCharacter(Random random)
    {
        while (true)
        {
            if (Rune.TryCreate(random.Next(1, random.Next(3) == 0 ? 0x20000 : 0x3000), out var rune)) return rune;
        }
    }
}
