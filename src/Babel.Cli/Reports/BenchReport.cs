using Babel.Analysis.Benchmarks;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Cli.Reports;

/// <summary>Measurements as tables, below a line that says where they were made.</summary>
internal static class BenchReport
{
    /// <summary>Writes the JSON document or the tables, whichever was asked for.</summary>
    public static void Write(BenchResult result, CommandContext context) =>
        context.Write(json => BenchJson.Write(json, result), output => Tables(output, context.Style, result));

    /// <summary>The tables of one device in one precision.</summary>
    public static void Tables(TextWriter output, Style style, BenchResult result)
    {
        var machine = MachineDescription.Here;
        var c = result.Ceilings;
        output.WriteLine($"{result.Device}: {result.Description}, {result.Precision.Word()} precision; {machine.Processor}; {machine.Runtime}; {result.Date:yyyy-MM-dd HH:mm} UTC");
        output.WriteLine($"ceilings: {Format.Fixed(c.Gflops, 0)} GFLOP/s ({c.GflopsMeaning}), {Format.Fixed(c.Gigabytes, 1)} GB/s ({c.GigabytesMeaning})");
        Part(output, style, "copies", result.Copies, Copies);
        Part(output, style, $"square products by turns; beside: {string.Join("; ", result.Products.Select(p => p.Vendor).Distinct(StringComparer.Ordinal))}", result.Products, Products);
        Part(output, style, "operators", result.Operators, Operators);
        Part(output, style, "forward passes", result.Forwards, Forwards);
        Part(output, style, "statistics: time over that of the plain pass", result.Statistics, Statistics);
        Part(output, style, "tokenizers", result.Tokenizers, Tokenizers);
        if (result.Scaling is { } scaling) ScalingReport.Tables(output, style, scaling);
        foreach (var (part, reason) in result.Failures) output.WriteLine($"\nNOT MEASURED: {part}\n  {reason}");
    }

    private static void Part<T>(TextWriter output, Style style, string title, List<T> rows, Func<List<T>, Table> table)
    {
        if (rows.Count == 0) return;
        output.WriteLine();
        output.WriteLine(style.Bold(title));
        table(rows).WriteTo(output, style);
    }

    private static Table Copies(List<CopyMeasurement> rows)
    {
        var table = new Table(Column.Text("way"), Column.Number("bytes"), Column.Number("ms"), Column.Number("+-"), Column.Number("GB/s"));
        foreach (var r in rows) table.Add(r.Way, Format.Bytes(r.Bytes), Milliseconds(r.Time), Percent(r.Time.Spread), Format.Fixed(r.Gigabytes, 1));
        return table;
    }

    private static Table Products(List<ProductComparison> rows)
    {
        var table = new Table(
            Column.Number("side"), Column.Text("way"), Column.Number("ms"), Column.Number("+-"), Column.Number("TFLOP/s"), Column.Number("of peak"), Column.Text("beside"),
            Column.Number("of it"), Column.Number("differs by"));
        foreach (var r in rows.SelectMany(c => c.Ways))
        {
            table.Add(
                Format.Count(r.Side), r.Way, Milliseconds(r.Time), Percent(r.Time.Spread), Format.Fixed(r.Teraflops, r.Teraflops < 10 ? 3 : 1), Known(r.OfPeak), r.Beside ?? "-",
                Known(r.OfBeside), Format.Small(r.Difference));
        }

        return table;
    }

    private static string Known(double share) => double.IsNaN(share) ? "-" : Percent(share);

    private static Table Operators(List<OperatorMeasurement> rows)
    {
        var table = new Table(
            Column.Text("operator"), Column.Text("size"), Column.Number("ms"), Column.Number("+-"), Column.Number("GFLOP/s"), Column.Number("GB/s"), Column.Number("of ceiling"));
        foreach (var r in rows)
        {
            table.Add(
                r.Operator, r.Case, Milliseconds(r.Time), Percent(r.Time.Spread), r.Flop > 0 ? Format.Fixed(r.Gflops, 0) : "-",
                Format.Fixed(r.Gigabytes, 1), Percent(r.OfCeiling));
        }

        return table;
    }

    private static Table Forwards(List<ForwardMeasurement> rows)
    {
        var table = new Table(
            Column.Text("model"), Column.Text("weights"), Column.Number("load s"), Column.Number("batch"), Column.Number("ms"), Column.Number("+-"), Column.Number("tok/s"),
            Column.Number("GFLOP/s"), Column.Number("of peak"), Column.Number("step ms"), Column.Number("tok/s"), Column.Number("of GB/s"), Column.Number("RSS"));
        foreach (var r in rows)
        {
            table.Add(
                r.Model, r.Storage.ToString(), Format.Fixed(r.LoadSeconds ?? double.NaN, 2), Batch(r.Tokens, r.Length), Milliseconds(r.Prefill), Percent(r.Prefill.Spread), Format.Fixed(r.PrefillRate, 0),
                Format.Fixed(r.Gflops, 0), Percent(r.OfPeak), Milliseconds(r.Step), Format.Fixed(r.StepRate, 1), Percent(r.OfBandwidth), Format.Bytes(r.ResidentBytes));
        }

        return table;
    }

    private static Table Statistics(List<StatisticsMeasurement> rows)
    {
        var table = new Table(
            Column.Text("model"), Column.Text("weights"), Column.Number("batch"), Column.Number("plain ms"), Column.Number("+-"), Column.Number("of peak"), Column.Number("2 % off"),
            Column.Number("neurons"), Column.Number("every"), Column.Number("folded"), Column.Number("+ Q/K"), Column.Number("folded"));
        foreach (var r in rows)
        {
            table.Add(
                r.Model, r.Storage.ToString(), Batch(r.Tokens, r.Length), Milliseconds(r.Plain), Percent(r.Plain.Spread), Percent(r.OfPeak), Format.Fixed(r.Ablated, 3),
                Format.Fixed(r.Neurons, 3), Format.Fixed(r.Every, 3), Format.Fixed(r.Collected, 3), Format.Fixed(r.WithQk, 2), Format.Fixed(r.CollectedWithQk, 2));
        }

        return table;
    }

    private static Table Tokenizers(List<TokenizerMeasurement> rows)
    {
        var table = new Table(
            Column.Text("tokenizer"), Column.Number("tokens"), Column.Number("load ms"), Column.Number("MB/s one core"), Column.Number("+-"), Column.Number("Mtok/s"), Column.Number("threads"), Column.Number("MB/s"));
        foreach (var r in rows)
        {
            table.Add(
                r.Name, Format.Count(r.VocabularySize), Format.Fixed(r.LoadSeconds * 1e3, 0), Format.Fixed(r.MegabytesOneCore, 2), Percent(r.OneCore.Spread), Format.Fixed(r.Tokens / r.OneCore.Median / 1e6, 2),
                Format.Count(r.Threads), Format.Fixed(r.MegabytesAllCores, 2));
        }

        return table;
    }

    private static string Batch(int tokens, int length) => $"{tokens / length}x{length}";

    private static string Milliseconds(Timing time) => Format.Fixed(time.Median * 1e3, time.Median < 0.1 ? 3 : 1);

    private static string Percent(double share) => Format.Fixed(100 * share, 0) + "%";
}
