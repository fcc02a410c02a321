using System.Runtime.InteropServices;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Where a measurement was made; a number without it says little.</summary>
/// <param name="Processor">The processor's own name, where the system tells it.</param>
/// <param name="Processors">Logical processors this process may use.</param>
/// <param name="MemoryBytes">Memory this process may use.</param>
/// <param name="System">Operating system and architecture.</param>
/// <param name="Runtime">Version of .NET.</param>
public sealed record MachineDescription(string Processor, int Processors, long MemoryBytes, string System, string Runtime)
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>This machine.</summary>
    public static MachineDescription Here => new(
        ProcessorName(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}",
        RuntimeInformation.FrameworkDescription);

    private static string ProcessorName()
    {
        const string Unknown = "unknown processor";
        if (!File.Exists(CpuInfo)) return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? Unknown;
        string? line = File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? Unknown : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
