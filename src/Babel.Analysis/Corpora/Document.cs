using System.Security.Cryptography;
using System.Text;

namespace Babel.Analysis.Corpora;

/// <summary>One document: a line of text in one language.</summary>
/// <param name="Language">The language's code as the file named it, for example <c>de</c> or <c>zh-Hans</c>.</param>
/// <param name="Index">
/// Where it stands within its language. In text files the line (0-based, blank lines counted, files of one language one after the
/// other in name order), so line n of aligned translations has the same index in every language; in JSONL the n-th line of that language.
/// </param>
/// <param name="Text">The text, exactly as it lies in the file (no normalisation), without the line break.</param>
public sealed record Document(string Language, int Index, string Text)
{
    /// <summary>SHA-256 of the text's UTF-8 bytes: what stored results know a document by.</summary>
    public byte[] Digest() => SHA256.HashData(Encoding.UTF8.GetBytes(Text));
}
