using System.Globalization;
using System.Text;
using System.Text.Json;
using Babel.Cli.Output;
using Babel.Model.Files;

namespace Babel.Cli.Reports;

/// <summary>A device's whole measurement: on the console, and as two files that can be kept with the project.</summary>
internal static class BenchRecord
{
    /// <summary>Writes it.</summary>
    /// <param name="results">One for each precision.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="folder">Where the files go; null for none.</param>
    /// <param name="took">What all of it took.</param>
    /// <param name="context">The console.</param>
    public static void Write(IReadOnlyList<BenchResult> results, string options, string? folder, TimeSpan took, CommandContext context)
    {
        if (folder is not null)
        {
            string name = Path.Combine(
                folder, string.Create(CultureInfo.InvariantCulture, $"{results[0].Date:yyyy-MM-dd}-{results[0].Device.Replace(':', '-')}"));
            AtomicFile.Write(name + ".json", stream =>
            {
                using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
                json.WriteStartObject();
                Json(json, results, options, took);
                json.WriteEndObject();
            });
            AtomicFile.Write(name + ".md", stream => stream.Write(Encoding.UTF8.GetBytes(Markdown(results, options, took))));
            context.Progress.Say($"the record is {name}.md and .json");
        }

        context.Write(json => Json(json, results, options, took), output => Tables(output, context.Style, results, took));
    }

    private static void Json(Utf8JsonWriter json, IReadOnlyList<BenchResult> results, string options, TimeSpan took)
    {
        json.WriteString("options", options);
        json.Number("seconds", took.TotalSeconds);
        BenchJson.List(json, "runs", results, r => BenchJson.Write(json, r));
    }

    private static void Tables(TextWriter output, Style style, IReadOnlyList<BenchResult> results, TimeSpan took)
    {
        foreach (var result in results)
        {
            BenchReport.Tables(output, style, result);
            output.WriteLine();
        }

        output.WriteLine($"measured in {Format.Duration(took)}");
    }

    private static string Markdown(IReadOnlyList<BenchResult> results, string options, TimeSpan took)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"# {results[0].Date:yyyy-MM-dd}, {results[0].Description}"));
        text.WriteLine();
        text.WriteLine($"`babel bench all --device {results[0].Device} {options}`, all numbers in the file of the same name ending in `.json`.");
        text.WriteLine();
        text.WriteLine("```");
        Tables(text, Style.None, results, took);
        text.WriteLine("```");
        return text.ToString();
    }
}
