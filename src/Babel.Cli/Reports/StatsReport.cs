using Babel.Analysis.Statistics;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Cli.Reports;

/// <summary>What statistics hold, and where they lie.</summary>
internal static class StatsReport
{
    private const string FileName = "statistics.safetensors";

    /// <summary>The statistics file of a run's folder; a file is itself.</summary>
    public static string PathOf(string folderOrFile) => Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, FileName) : folderOrFile;

    /// <summary>Reads the statistics of a run's folder or of a file.</summary>
    /// <exception cref="ModelNotFoundException">There are none, or the run is not finished.</exception>
    public static NeuronStats Load(string folderOrFile)
    {
        string path = PathOf(folderOrFile);
        return File.Exists(path)
            ? NeuronStats.Load(path)
            : throw new ModelNotFoundException(
                "there are no finished statistics", where: folderOrFile, expected: $"a file, or a folder with {FileName}", hint: "`babel stats` and `babel study` write them");
    }

    /// <summary>Documents and tokens by language.</summary>
    public static void Write(NeuronStats stats, string path, CommandContext context) => context.Write(
        json =>
        {
            json.WriteString("file", path);
            json.WriteString("model", stats.Header.Model);
            json.WriteString("precision", stats.Header.Precision.Word());
            json.WriteString("corpus", stats.CorpusFingerprint);
            json.WriteStartArray("languages");
            foreach (var language in stats.Languages)
            {
                json.WriteStartObject();
                json.WriteString("language", language.Language);
                json.WriteNumber("documents", language.Documents.Count);
                json.WriteNumber("tokens", language.Tokens);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        },
        output =>
        {
            var table = new Table(Column.Text("language"), Column.Number("documents"), Column.Number("tokens"));
            foreach (var language in stats.Languages) table.Add(language.Language, Format.Count(language.Documents.Count), Format.Count(language.Tokens));
            table.WriteTo(output, context.Style);
            output.WriteLine($"written to {path}");
        });
}
