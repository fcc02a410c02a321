using Babel.Analysis.Corpora;
using Babel.Model.Files;

namespace Babel.Analysis.Planning;

/// <summary>What text and tokenizer take on the host.</summary>
public static class TextFootprint
{
    /// <summary>A character is two bytes, a token four as id, four as target or row, and eight as where it came from; text has about a token for three characters.</summary>
    private const long BytesPerCharacter = 2 + (24 / 3);

    /// <summary>A vocabulary as strings, tables and merges takes some times the bytes of its file.</summary>
    private const long TokenizerExpansion = 8;

    private static readonly string[] s_tokenizerFiles = ["tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model"];

    /// <summary>Bytes of a corpus and its ids.</summary>
    public static long Of(Corpus corpus) => corpus.Documents.Sum(d => d.Text.Length * BytesPerCharacter);

    /// <summary>Bytes of the tokenizer of a model folder, by its largest file.</summary>
    public static long OfTokenizer(string folder) =>
        s_tokenizerFiles.Select(f => Path.Combine(folder, f)).Where(File.Exists).Select(FileLength.Of).DefaultIfEmpty(0).Max() * TokenizerExpansion;
}
