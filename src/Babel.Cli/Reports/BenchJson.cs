using System.Globalization;
using System.Text.Json;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Cli.Reports;

/// <summary>Measurements as JSON: times in seconds, rates per second, sizes in bytes, and everything needed to know what they mean later.</summary>
internal static class BenchJson
{
    /// <summary>Writes all parts; those that did not run are empty lists.</summary>
    public static void Write(Utf8JsonWriter json, BenchResult result)
    {
        json.WriteString("date", result.Date.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteString("version", typeof(BenchJson).Assembly.GetName().Version?.ToString(3));
        Machine(json);
        json.WriteString("device", result.Device);
        json.WriteString("precision", result.Precision.Word());
        json.WriteString("description", result.Description);
        Ceilings(json, result.Ceilings);
        List(json, "operators", result.Operators, r =>
        {
            json.WriteString("operator", r.Operator);
            json.WriteString("size", r.Case);
            Time(json, "time", r.Time);
            json.Number("flop", r.Flop);
            json.Number("bytes", r.Bytes);
            json.Number("gflops", r.Gflops);
            json.Number("gigabytes", r.Gigabytes);
            json.Number("ofCeiling", r.OfCeiling);
        });
        List(json, "forward", result.Forwards, r =>
        {
            Model(json, r.Model, r.Storage, r.Tokens, r.Length);
            json.WriteNumber("weightBytes", r.WeightBytes);
            json.Number("loadSeconds", r.LoadSeconds ?? double.NaN);
            Time(json, "prefill", r.Prefill);
            json.Number("flopPerToken", r.Cost.Total);
            json.Number("prefillTokensPerSecond", r.PrefillRate);
            json.Number("gflops", r.Gflops);
            json.Number("ofPeak", r.OfPeak);
            Time(json, "step", r.Step);
            json.WriteNumber("stepBytes", r.StepBytes);
            json.Number("readGigabytes", r.ReadGigabytes);
            json.Number("stepTokensPerSecond", r.StepRate);
            json.Number("ofBandwidth", r.OfBandwidth);
            json.WriteNumber("residentBytes", r.ResidentBytes);
            json.WriteNumber("allocatedBytesPerPass", r.AllocatedBytes);
        });
        List(json, "statistics", result.Statistics, r =>
        {
            Model(json, r.Model, r.Storage, r.Tokens, r.Length);
            Time(json, "plain", r.Plain);
            json.Number("ofPeak", r.OfPeak);
            json.Number("ablated", r.Ablated);
            json.Number("neurons", r.Neurons);
            json.Number("every", r.Every);
            json.Number("everyFolded", r.Collected);
            json.Number("withQk", r.WithQk);
            json.Number("withQkFolded", r.CollectedWithQk);
        });
        List(json, "tokenizers", result.Tokenizers, r =>
        {
            json.WriteString("tokenizer", r.Name);
            json.WriteNumber("vocabulary", r.VocabularySize);
            json.Number("loadSeconds", r.LoadSeconds);
            json.WriteNumber("bytes", r.Bytes);
            json.WriteNumber("tokens", r.Tokens);
            Time(json, "oneCore", r.OneCore);
            json.Number("megabytesOneCore", r.MegabytesOneCore);
            json.WriteNumber("threads", r.Threads);
            Time(json, "allCores", r.AllCores);
            json.Number("megabytesAllCores", r.MegabytesAllCores);
        });
        List(json, "copies", result.Copies, r =>
        {
            json.WriteString("way", r.Way);
            json.WriteNumber("bytes", r.Bytes);
            Time(json, "time", r.Time);
            json.Number("gigabytes", r.Gigabytes);
        });
        List(json, "products", result.Products, r => Products(json, r));
        List(json, "failures", result.Failures, r =>
        {
            json.WriteString("part", r.Part);
            json.WriteString("reason", r.Reason);
        });
        if (result.Scaling is { } scaling) ScalingReport.Write(json, scaling);
    }

    private static void Products(Utf8JsonWriter json, ProductComparison comparison)
    {
        json.WriteNumber("side", comparison.Side);
        json.WriteString("vendor", comparison.Vendor);
        List(json, "ways", comparison.Ways, w =>
        {
            json.WriteString("way", w.Way);
            Time(json, "time", w.Time);
            json.Number("teraflops", w.Teraflops);
            json.Number("ofPeak", w.OfPeak);
            if (w.Beside is not null) json.WriteString("beside", w.Beside);
            json.Number("ofBeside", w.OfBeside);
            json.Number("difference", w.Difference);
        });
    }

    private static void Machine(Utf8JsonWriter json)
    {
        var machine = MachineDescription.Here;
        json.WriteStartObject("machine");
        json.WriteString("processor", machine.Processor);
        json.WriteNumber("processors", machine.Processors);
        json.WriteNumber("memoryBytes", machine.MemoryBytes);
        json.WriteString("system", machine.System);
        json.WriteString("runtime", machine.Runtime);
        json.WriteEndObject();
    }

    private static void Ceilings(Utf8JsonWriter json, DeviceCeilings ceilings)
    {
        json.WriteStartObject("ceilings");
        json.Number("gflops", ceilings.Gflops);
        json.WriteString("gflopsMeaning", ceilings.GflopsMeaning);
        json.Number("gigabytes", ceilings.Gigabytes);
        json.WriteString("gigabytesMeaning", ceilings.GigabytesMeaning);
        json.WriteEndObject();
    }

    private static void Model(Utf8JsonWriter json, string name, Kernels.DType storage, int tokens, int length)
    {
        json.WriteString("model", name);
        json.WriteString("weights", storage.ToString());
        json.WriteNumber("tokens", tokens);
        json.WriteNumber("length", length);
    }

    /// <summary>A median and its quartiles.</summary>
    public static void Time(Utf8JsonWriter json, string name, Timing time)
    {
        json.WriteStartObject(name);
        json.Number("median", time.Median);
        json.Number("low", time.Low);
        json.Number("high", time.High);
        json.WriteNumber("readings", time.Readings);
        json.WriteEndObject();
    }

    /// <summary>A list of objects.</summary>
    public static void List<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> rows, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            write(row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
