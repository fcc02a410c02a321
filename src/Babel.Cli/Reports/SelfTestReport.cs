using System.Text.Json;
using Babel.Analysis.Verification;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Kernels.Diagnostics;

namespace Babel.Cli.Reports;

/// <summary>How a device did: by operator or by case, and every failure in full.</summary>
internal static class SelfTestReport
{
    /// <summary>The tables.</summary>
    public static void Write(
        TextWriter output, Style style, Device device, IReadOnlyList<SelfTestResult> results, IReadOnlyList<ModelCheckResult> models, bool cases)
    {
        output.WriteLine($"{device.Name}: {device.Description}, {device.Precision.Word()} precision");
        var rows = cases
            ? results.GroupBy(r => $"{r.Operator} {r.Case}", StringComparer.Ordinal)
            : results.GroupBy(r => r.Operator, StringComparer.Ordinal);
        var table = new Table(
            Column.Text("operator"), Column.Number("cases"), Column.Number("error"), Column.Number("relative"), Column.Number("of bound"),
            Column.Number("ms"), Column.Text("result"));
        foreach (var row in rows)
        {
            int failed = row.Count(r => !r.Passed);
            table.Add(
                row.Key,
                Format.Count(row.Count()),
                Format.Small(Worst(row.Select(r => r.AbsoluteError))),
                Format.Small(Worst(row.Select(r => r.RelativeError))),
                Format.Fixed(100 * Worst(row.Select(r => r.BoundUsed)), 1) + "%",
                Format.Fixed(row.Sum(r => r.Milliseconds), 2),
                failed == 0 ? "ok" : $"{failed} FAILED");
        }

        table.WriteTo(output, style);
        if (models.Count > 0) Models(output, style, models, cases);
        foreach (var failure in results.Where(r => !r.Passed)) output.WriteLine($"\nFAILED {failure.Operator} {failure.Case}\n  {failure.Failure}");
        foreach (var failure in models.Where(r => !r.Passed)) output.WriteLine($"\nFAILED {failure.Model}, {failure.Quantity}\n  {failure.Failure}");
        output.WriteLine();
        output.WriteLine($"{results.Count(r => r.Passed)} of {results.Count} cases within their bounds");
        if (models.Count > 0)
            output.WriteLine($"{models.Count(r => r.Passed)} of {models.Count} quantities of {models.DistinctBy(r => r.Model, StringComparer.Ordinal).Count()} models within their bounds");
    }

    private static void Models(TextWriter output, Style style, IReadOnlyList<ModelCheckResult> models, bool cases)
    {
        var table = new Table(
            Column.Text("whole models"), Column.Number("models"), Column.Number("error"), Column.Number("bound"), Column.Number("of bound"), Column.Number("ms"), Column.Text("result"));
        foreach (var row in models.GroupBy(r => cases ? $"{r.Model}, {r.Quantity}" : r.Quantity, StringComparer.Ordinal))
        {
            int failed = row.Count(r => !r.Passed);
            table.Add(
                row.Key,
                Format.Count(row.Count()),
                Format.Small(Worst(row.Select(r => r.Error))),
                Format.Small(row.Max(r => r.Bound)),
                Format.Fixed(100 * Worst(row.Select(r => r.BoundUsed)), 1) + "%",
                Format.Fixed(row.Sum(r => r.Milliseconds), 2),
                failed == 0 ? "ok" : $"{failed} FAILED");
        }

        output.WriteLine();
        table.WriteTo(output, style);
    }

    /// <summary>Every case and every quantity.</summary>
    public static void Write(Utf8JsonWriter json, Device device, IReadOnlyList<SelfTestResult> results, IReadOnlyList<ModelCheckResult> models)
    {
        json.WriteString("device", device.Name);
        json.WriteString("description", device.Description);
        json.WriteString("precision", device.Precision.Word());
        json.WriteBoolean("passed", results.All(r => r.Passed) && models.All(r => r.Passed));
        json.WriteStartArray("cases");
        foreach (var result in results)
        {
            json.WriteStartObject();
            json.WriteString("operator", result.Operator);
            json.WriteString("case", result.Case);
            json.Number("absoluteError", result.AbsoluteError);
            json.Number("relativeError", result.RelativeError);
            json.Number("boundUsed", result.BoundUsed);
            json.Number("milliseconds", result.Milliseconds);
            if (result.Failure is not null) json.WriteString("failure", result.Failure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        BenchJson.List(json, "models", models, result =>
        {
            json.WriteString("model", result.Model);
            json.WriteString("quantity", result.Quantity);
            json.Number("error", result.Error);
            json.Number("bound", result.Bound);
            json.Number("milliseconds", result.Milliseconds);
            if (result.Failure is not null) json.WriteString("failure", result.Failure);
        });
    }

    private static double Worst(IEnumerable<double> values)
    {
        double worst = 0;
        foreach (double value in values) worst = double.IsNaN(value) ? double.PositiveInfinity : Math.Max(worst, value);
        return worst;
    }
}
