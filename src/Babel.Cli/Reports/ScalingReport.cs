using System.Text.Json;
using Babel.Analysis.Benchmarks;
using Babel.Cli.Output;

namespace Babel.Cli.Reports;

/// <summary>Constants of the machine, and how well they predict.</summary>
internal static class ScalingReport
{
    /// <summary>The tables.</summary>
    public static void Tables(TextWriter output, Style style, ScalingResult result)
    {
        var law = result.Law;
        output.WriteLine();
        output.WriteLine(style.Bold("time = products FLOP / rate + attention FLOP / rate + bytes / bandwidth + calls x overhead"));
        output.WriteLine(
            $"products {Rate(law.PerProductFlop, "GFLOP/s")}, attention {Rate(law.PerAttentionFlop, "GFLOP/s")}, bytes {Rate(law.PerByte, "GB/s")}, a call {Format.Fixed(law.PerCall * 1e6, 1)} us");
        output.WriteLine();
        var times = new Table(Column.Text("axis"), Column.Text("point"), Column.Number("measured ms"), Column.Number("+-"), Column.Number("predicted ms"), Column.Number("error"), Column.Text("fitted"));
        foreach (var point in result.Points)
        {
            double predicted = result.Predicted(point);
            bool oneLaw = point.Threads == 0;
            times.Add(
                point.Axis, point.Case, Format.Fixed(point.Time.Median * 1e3, 2), Format.Fixed(100 * point.Time.Spread, 0) + "%",
                oneLaw ? Format.Fixed(predicted * 1e3, 2) : "-", oneLaw ? Signed((predicted / point.Time.Median) - 1) : "-", point.IsFitted ? "yes" : "no");
        }

        times.WriteTo(output, style);
        output.WriteLine();
        var memory = new Table(Column.Text("memory"), Column.Number("measured MiB"), Column.Number("predicted MiB"), Column.Number("error"));
        foreach (var m in result.Memory) memory.Add(m.What, Mebibytes(m.Measured), Mebibytes(m.Predicted), Signed((m.Predicted / m.Measured) - 1));
        memory.WriteTo(output, style);
    }

    /// <summary>Everything.</summary>
    public static void Write(Utf8JsonWriter json, ScalingResult result)
    {
        json.WriteStartObject("law");
        json.Number("secondsPerProductFlop", result.Law.PerProductFlop);
        json.Number("secondsPerAttentionFlop", result.Law.PerAttentionFlop);
        json.Number("secondsPerByte", result.Law.PerByte);
        json.Number("secondsPerCall", result.Law.PerCall);
        json.WriteEndObject();
        BenchJson.List(json, "scaling", result.Points, p =>
        {
            double[] work = ScalingLaw.WorkOf(p.Spec, p.WeightBytes, p.Tokens, p.Length);
            json.WriteString("axis", p.Axis);
            json.WriteString("point", p.Case);
            json.WriteNumber("tokens", p.Tokens);
            json.WriteNumber("length", p.Length);
            json.WriteNumber("width", p.Spec.ModelWidth);
            json.WriteNumber("layers", p.Spec.Layers);
            json.WriteNumber("threads", p.Threads);
            json.Number("productFlop", work[0]);
            json.Number("attentionFlop", work[1]);
            json.Number("bytes", work[2]);
            json.Number("calls", work[3]);
            BenchJson.Time(json, "time", p.Time);
            json.Number("predicted", result.Predicted(p));
            json.WriteBoolean("fitted", p.IsFitted);
        });
        BenchJson.List(json, "memory", result.Memory, m =>
        {
            json.WriteString("what", m.What);
            json.Number("measuredBytes", m.Measured);
            json.Number("predictedBytes", m.Predicted);
        });
    }

    private static string Rate(double perUnit, string unit) => perUnit > 0 ? $"{Format.Fixed(1 / perUnit / 1e9, 0)} {unit}" : "at no cost of their own";

    private static string Mebibytes(double bytes) => Format.Fixed(bytes / (1 << 20), 1);

    private static string Signed(double share) => (share >= 0 ? "+" : "") + Format.Fixed(100 * share, 1) + "%";
}
