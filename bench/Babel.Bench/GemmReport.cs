using System.Globalization;
using System.Text;
using System.Text.Json;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Kernels.Cpu;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Bench;

/// <summary>
/// <c>gemm [--out FILE.md|FILE.json] [--seconds S] [--device NAME] [--shape MxNxK] [--cpu-time]</c>: for the shapes of a transformer, at 1 and at 2 threads,
/// ours in F32, BF16 and F16 and OpenBLAS by turns, so that what else the machine does falls on all alike.
/// Reported are medians and the median of the ratios of neighbouring runs.
/// </summary>
internal static class GemmReport
{
    private static readonly (int M, int N, int K)[] Shapes =
    [
        (256, 2048, 2048), (256, 4096, 4096), (1024, 1024, 1024), (256, 256, 256),
        (32, 4096, 4096), (16, 4096, 4096), (8, 4096, 4096), (4, 4096, 4096), (1, 4096, 4096),
    ];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        string? file = Arguments.Option(args, "--out"), one = Arguments.Option(args, "--shape");
        double seconds = double.Parse(Arguments.Option(args, "--seconds") ?? "1", CultureInfo.InvariantCulture);
        string device = Arguments.Option(args, "--device") ?? "cpu";
        var shapes = one is null ? Shapes : [Parse(one)];
        bool blas = OpenBlas.IsPresent, cpuTime = args.Contains("--cpu-time");
        foreach (string variable in (string[])["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"])
            if (Environment.GetEnvironmentVariable(variable) is not null) Console.WriteLine($"# warning: {variable} is set and may slow OpenBLAS down");
        var threads = Environment.ProcessorCount > 1 && !cpuTime ? (int[])[1, 2] : [1];
        var rows = new List<GemmMeasurement>();
        foreach (int t in threads)
        {
            var (peak, read) = Ceilings(t);
            Console.WriteLine(FormattableString.Invariant($"# {t} thread(s): FMA peak {peak:F0} GFLOP/s, read bandwidth {read:F0} GB/s"));
            foreach (var (m, n, k) in shapes)
            {
                using var race = new GemmRace(device, t, m, n, k, blas);
                var measured = race.Measure(seconds, cpuTime) with { PeakGflops = peak, ReadGigabytes = read };
                rows.Add(measured);
                Console.WriteLine(measured.ToString());
            }
        }

        string table = Markdown(rows, device, blas);
        Console.WriteLine();
        Console.WriteLine(table);
        if (file is not null) File.WriteAllText(file, file.EndsWith(".json", StringComparison.Ordinal) ? Json(rows) : table);
        return 0;
    }

    private static (double Gflops, double Gigabytes) Ceilings(int threads)
    {
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads));
        var ceilings = DeviceCeilings.Measure(device);
        return (ceilings.Gflops, ceilings.Gigabytes);
    }

    private static (int M, int N, int K) Parse(string shape)
    {
        var parts = Array.ConvertAll(shape.Split('x'), s => int.Parse(s, CultureInfo.InvariantCulture));
        return (parts[0], parts[1], parts[2]);
    }

    private static string Markdown(List<GemmMeasurement> rows, string device, bool blas)
    {
        using var opened = new CpuDeviceProvider().Open(DeviceSpec.Parse(device), new DeviceOptions(1));
        var text = new StringBuilder();
        var c = CultureInfo.InvariantCulture;
        text.AppendLine(c, $"{opened.Description}; OpenBLAS {(blas ? OpenBlas.Core : "not installed")}; .NET {Environment.Version}; {DateTime.UtcNow:yyyy-MM-dd}");
        text.AppendLine();
        text.AppendLine("GFLOP/s, medians; ratio: median over neighbouring runs of ours to OpenBLAS (sgemv for one row); peak: share of the FMA peak.");
        text.AppendLine();
        text.AppendLine("| M x N x K | threads | F32 | BF16 | F16 | OpenBLAS | F32 ratio | BF16 ratio | F16 ratio | F32 peak | BF16 peak |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var r in rows)
        {
            text.AppendLine(
                c,
                $"| {r.M}x{r.N}x{r.K} | {r.Threads} | {r.F32:F0} | {r.BF16:F0} | {r.F16:F0} | {r.Blas:F0} | {r.F32Ratio:F2} | {r.BF16Ratio:F2} | {r.F16Ratio:F2} | {r.F32 / r.PeakGflops:P0} | {r.BF16 / r.PeakGflops:P0} |");
        }

        return text.ToString();
    }

    private static string Json(List<GemmMeasurement> rows)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var r in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("m", r.M);
                json.WriteNumber("n", r.N);
                json.WriteNumber("k", r.K);
                json.WriteNumber("threads", r.Threads);
                json.WriteNumber("gflops_f32", r.F32);
                json.WriteNumber("gflops_bf16", r.BF16);
                json.WriteNumber("gflops_f16", r.F16);
                json.WriteNumber("gflops_openblas", r.Blas);
                json.WriteNumber("ratio_f32", r.F32Ratio);
                json.WriteNumber("ratio_bf16", r.BF16Ratio);
                json.WriteNumber("ratio_f16", r.F16Ratio);
                json.WriteNumber("gflops_peak", r.PeakGflops);
                json.WriteNumber("gigabytes_read", r.ReadGigabytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
