using System.Text;
using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>ByteLevel: visible characters back to bytes, and those to text; what is not UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new ByteBuffer();
        foreach (var token in tokens)
        {
            var before = bytes.Length;
            var plain = false;
            foreach (var c in token)
            {
                var value = ByteAlphabet.ByteOf(c);
                plain |= value < 0;
                if (plain) break;
                bytes.Append((byte)value);
            }

            // One foreign character, and the whole token stands for itself.
            if (!plain) continue;
            bytes.Truncate(before);
            bytes.Append(token);
        }

        return [Encoding.UTF8.GetString(bytes.Written)];
    }
}

/// <summary>Metaspace: the visible space back to a space; in the first token it goes, as the dummy space was put there.</summary>
internal sealed class MetaspaceDecoder(string replacement, PrependScheme scheme) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = tokens[i].Replace(replacement, i == 0 && scheme != PrependScheme.Never ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }
}

/// <summary>ByteFallback: runs of &lt;0xNN&gt; to text, or to as many U+FFFD where they are not UTF-8.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> tokens)
    {
        var output = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (ByteToken.ValueOf(token) is >= 0 and var value)
            {
                run.Add((byte)value);
                continue;
            }

            Flush(run, output);
            output.Add(token);
        }

        Flush(run, output);
        return output;
    }

    private static void Flush(List<byte> run, List<string> output)
    {
        if (run.Count == 0) return;
        var bytes = run.ToArray();
        if (System.Text.Unicode.Utf8.IsValid(bytes)) output.Add(Strict.GetString(bytes));
        else
        {
            for (var i = 0; i < bytes.Length; i++) output.Add("\uFFFD");
        }

        run.Clear();
    }
}

/// <summary>Fuse: all tokens one.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Strip: up to so many of a character off the ends of every token.</summary>
internal sealed class StripDecoder(Rune content, int start, int stop) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var text = content.ToString();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i].AsSpan();
            for (var k = 0; k < start && token.StartsWith(text, StringComparison.Ordinal); k++) token = token[text.Length..];
            for (var k = 0; k < stop && token.EndsWith(text, StringComparison.Ordinal); k++) token = token[..^text.Length];
            tokens[i] = token.ToString();
        }

        return tokens;
    }
}

/// <summary>Replace: every match of a pattern, in each token by itself.</summary>
internal sealed class ReplaceDecoder(ISplitPattern pattern, string content) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var matches = new List<TextSplit>();
        var output = new StringBuilder();
        for (var i = 0; i < tokens.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(tokens[i]);
            matches.Clear();
            pattern.FindMatches(bytes, matches);
            if (!matches.Exists(static m => m.IsMatch)) continue;
            output.Clear();
            foreach (var (start, end, isMatch) in matches) output.Append(isMatch ? content : Encoding.UTF8.GetString(bytes.AsSpan(start, end - start)));
            tokens[i] = output.ToString();
        }

        return tokens;
    }
}
