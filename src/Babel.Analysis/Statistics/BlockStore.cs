using Babel.Analysis.Corpora;
using Babel.Analysis.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>
/// The folder of a run: <c>blocks/LANG.FIRST-LAST.safetensors</c> (with LANG again before LAST, where it is another) for every finished block of documents, each whole or not there, and at the end
/// <c>statistics.safetensors</c> in their stead. There is no journal to fall out of step: what is done is what the files say they hold.
/// </summary>
internal sealed class BlockStore(string folder)
{
    /// <summary>Blocks merged at a time: no more files are open.</summary>
    private const int MostAtOnce = 32;

    private readonly string _blocks = Path.Combine(folder, "blocks");

    /// <summary>The name of the finished statistics.</summary>
    public const string ResultName = "statistics.safetensors";

    private string Result => Path.Combine(folder, ResultName);

    /// <summary>What earlier runs finished, checked to be of this model, these options and disjoint documents of this corpus; null for nothing.</summary>
    /// <param name="wanted">Of what.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="spoolFolder">Where the statistics of several files together wait in a temporary file; null for memory.</param>
    /// <returns>The statistics, and whether they are the finished ones, as they lie in the folder.</returns>
    public (NeuronStats? Stats, bool IsResult) Load(StatsHeader wanted, TokenizedCorpus corpus, string? spoolFolder)
    {
        var texts = corpus.Corpus.Documents.ToDictionary(d => (d.Language, d.Index), d => d);
        var seen = new HashSet<(string, int)>();
        string[] files = Directory.Exists(_blocks) ? Directory.GetFiles(_blocks, "*.safetensors") : [];
        Array.Sort(files, StringComparer.Ordinal);
        var open = new List<NeuronStats>();
        bool isResult = File.Exists(Result);
        try
        {
            foreach (string file in isResult ? [Result, .. files] : files)
            {
                var stats = NeuronStats.Load(file);
                open.Add(stats);
                wanted.RequireSame(stats.Header, file);
                RequireDocuments(stats, texts, file);
                var documents = stats.Languages.SelectMany(l => l.Documents.Select(d => (l.Language, d.Index))).ToList();
                if (file != Result && documents.TrueForAll(seen.Contains))
                {
                    // Left over when a run ended between writing the result and clearing the blocks.
                    open.Remove(stats);
                    stats.Dispose();
                    File.Delete(file);
                    continue;
                }

                seen.UnionWith(documents);
                isResult &= file == Result;
                if (open.Count == MostAtOnce) Join(open, spoolFolder);
            }

            // The result alone stays where it is; anything else is put together, and its files may go.
            if (open.Count > 0 && !isResult) Join(open, spoolFolder);
            return (open.SingleOrDefault(), isResult);
        }
        catch
        {
            open.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>Keeps a finished block, of one language or of several.</summary>
    public void Add(NeuronStats block)
    {
        var (first, last) = (block.Languages[0], block.Languages[^1]);
        string more = first == last ? "" : last.Language + ".";
        Directory.CreateDirectory(_blocks);
        block.Save(Path.Combine(_blocks, $"{first.Language}.{first.Documents[0].Index:D8}-{more}{last.Documents[^1].Index:D8}.safetensors"));
    }

    /// <summary>Writes the result, then clears the blocks.</summary>
    public void Finish(NeuronStats result)
    {
        Directory.CreateDirectory(folder);
        result.Save(Result);
        if (Directory.Exists(_blocks)) Directory.Delete(_blocks, recursive: true);
    }

    private static void Join(List<NeuronStats> open, string? spoolFolder)
    {
        var merged = NeuronStats.Merge(open, spoolFolder);
        open.ForEach(s => s.Dispose());
        open.Clear();
        open.Add(merged);
    }

    private static void RequireDocuments(NeuronStats stats, Dictionary<(string Language, int Index), Document> texts, string file)
    {
        foreach (var language in stats.Languages)
        {
            foreach (var document in language.Documents)
            {
                bool known = texts.TryGetValue((language.Language, document.Index), out var text);
                if (known && Convert.ToHexStringLower(text!.Digest()) == document.Digest) continue;
                throw new StoreCorruptException(
                    "stored statistics are of another corpus", file,
                    expected: known ? $"the text now at language {language.Language}, index {document.Index}" : "documents of this corpus",
                    found: known ? "another text" : $"language {language.Language}, index {document.Index}",
                    hint: "use another folder for this run, or delete the old one to start again");
            }
        }
    }
}
