using System.Diagnostics;
using System.Text;
using Babel.Analysis.Corpora;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model.Errors;
using Babel.Model.Tokenizers;

namespace Babel.Analysis.Benchmarks;

/// <summary>Measures tokenizers on text in pieces of <see cref="LinesPerPiece"/> lines, which is about what a paragraph of a corpus is.</summary>
public static class TokenizerBench
{
    /// <summary>Lines of the text that are encoded in one call.</summary>
    public const int LinesPerPiece = 50;

    /// <summary>Reads a text file, or all <c>.txt</c> files of a folder in the order of their names, as pieces.</summary>
    /// <exception cref="ModelNotFoundException">There is no text.</exception>
    public static IReadOnlyList<string> ReadText(string path)
    {
        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*.txt").Order(StringComparer.Ordinal)]
            : File.Exists(path) ? [path] : [];
        var pieces = files.SelectMany(f => File.ReadLines(f, Encoding.UTF8).Chunk(LinesPerPiece)).Select(lines => string.Join('\n', lines)).ToList();
        return pieces.Count > 0 ? pieces : throw new ModelNotFoundException("there is no text to measure tokenizers on", path, "a text file, or a folder of .txt files");
    }

    /// <summary>The folder, if it has a tokenizer, or those folders in it that have one, in the order of their names.</summary>
    /// <exception cref="ModelNotFoundException">None has.</exception>
    public static IReadOnlyList<string> FindFolders(string folder)
    {
        if (Tokenizer.IsIn(folder)) return [folder];
        string[] below = Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Where(Tokenizer.IsIn).Order(StringComparer.Ordinal)] : [];
        return below.Length > 0 ? below : throw new ModelNotFoundException("there is no tokenizer", folder, "a tokenizer.json or tokenizer.model there, or in folders below");
    }

    /// <summary>Measures one tokenizer.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="pieces">The text.</param>
    /// <param name="seconds">For one thread and all threads together, about.</param>
    public static TokenizerMeasurement Measure(string folder, IReadOnlyList<string> pieces, double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        var tokenizer = Tokenizer.Load(folder);
        double load = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var ids = new List<int>();
        long tokens = 0;
        void OneCore()
        {
            tokens = 0;
            foreach (string piece in pieces)
            {
                ids.Clear();
                tokenizer.Encode(piece, addSpecialTokens: false, ids);
                tokens += ids.Count;
            }
        }

        var corpus = new Corpus(pieces.Select((text, i) => new Document("any", i, text)));
        var race = new Race { Warmups = 2, LeastRounds = 5 };
        race.Run(seconds, OneCore, () => TokenizedCorpus.Create(corpus, tokenizer, int.MaxValue));
        long bytes = pieces.Sum(p => (long)Encoding.UTF8.GetByteCount(p));
        return new TokenizerMeasurement(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            tokenizer.VocabularySize, load, bytes, tokens, race.Time(0), Environment.ProcessorCount, race.Time(1));
    }
}
