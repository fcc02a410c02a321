using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's normalizer (normalizer.cc): the longest rule at each place, user-defined pieces untouched, space
/// runs squeezed, a dummy space before (or after), and spaces shown as U+2581, each where the model asks for it.
/// </summary>
/// <param name="rules">The model's normalizer_spec or denormalizer_spec.</param>
/// <param name="userDefined">Pieces that rules must not touch, or null.</param>
/// <param name="whitespaceAsSuffix">TrainerSpec.treat_whitespace_as_suffix.</param>
internal sealed class PieceNormalizer(NormalizerRules rules, ByteTrie? userDefined, bool whitespaceAsSuffix)
{
    private static ReadOnlySpan<byte> Space => " "u8;

    public void Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        if (rules.RemoveExtraWhitespaces)
        {
            while (!text.IsEmpty)
            {
                var taken = Prefix(text, out var replaced);
                if (!replaced.SequenceEqual(Space)) break;
                text = text[taken..];
            }
        }

        if (text.IsEmpty) return;
        var space = rules.EscapeWhitespaces ? Metaspace.Utf8 : Space;
        if (!whitespaceAsSuffix && rules.AddDummyPrefix) output.Append(space);
        Body(text, space, output);
        if (rules.RemoveExtraWhitespaces)
        {
            while (output.Written.EndsWith(space)) output.Truncate(output.Length - space.Length);
        }

        if (whitespaceAsSuffix && rules.AddDummyPrefix) output.Append(space);
    }

    private void Body(ReadOnlySpan<byte> text, ReadOnlySpan<byte> space, ByteBuffer output)
    {
        var afterSpace = rules.RemoveExtraWhitespaces;
        while (!text.IsEmpty)
        {
            var taken = Prefix(text, out var replaced);
            text = text[taken..];
            if (afterSpace) replaced = replaced.TrimStart((byte)' ');
            if (!replaced.IsEmpty)
            {
                if (!rules.EscapeWhitespaces || replaced.IndexOf((byte)' ') < 0)
                {
                    output.Append(replaced);
                }
                else
                {
                    foreach (var b in replaced)
                    {
                        if (b == ' ') output.Append(space);
                        else output.Append(b);
                    }
                }

                afterSpace = replaced[^1] == ' ';
            }

            if (!rules.RemoveExtraWhitespaces) afterSpace = false;
        }
    }

    // How many bytes go, and what stands for them.
    private int Prefix(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replaced)
    {
        if (userDefined is not null && userDefined.LongestPrefix(text, out _) is > 0 and var kept)
        {
            replaced = text[..kept];
            return kept;
        }

        if (rules.Map is not null && rules.Map.Match(text, shortest: false, out replaced) is > 0 and var matched) return matched;
        var length = Utf8.LengthOf(text[0]);
        replaced = text[..length];
        return length;
    }
}
