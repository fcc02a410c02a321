using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>The device matrix.</summary>
internal static class TestDevices
{
    /// <summary>The processor with products in bfloat16.</summary>
    private const string Fast = "cpu fast";

    public static readonly string[] Names =
        ["ref", "cpu", "cpu:avx512", "cpu:avx2", "cpu:vector128", "cpu:scalar", "opencl:0", .. CudaTestDevices.Names, Fast];

    /// <summary>Every device with every operator of the table.</summary>
    public static TheoryData<string, string> WithOperators
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in Names)
            {
                foreach (string op in Diagnostics.SelfTest.Operators) data.Add(name, op);
            }

            return data;
        }
    }

    /// <summary>The devices that compute in float32 on this processor.</summary>
    public static TheoryData<string> Cpu => [.. Names.Where(n => n.StartsWith("cpu:", StringComparison.Ordinal))];

    /// <summary>The same and the processor with products in bfloat16.</summary>
    public static TheoryData<string> CpuOfAnyPrecision => [.. Names.Where(n => n.StartsWith("cpu:", StringComparison.Ordinal)), Fast];

    /// <summary>Those, and the others that compute in float32.</summary>
    public static TheoryData<string> Float => [.. Names.Where(n => n.Contains(':', StringComparison.Ordinal) || n == Fast)];

    /// <summary>Opens a device, or skips the test with the reason.</summary>
    public static Device Open(string name, int threads = 2)
    {
        try
        {
            if (CudaTestDevices.Open(name) is { } emulated) return emulated;
            if (name != Fast) return DeviceRegistry.Default.Open(name, new DeviceOptions(threads));
            var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads, Precision.Fast));
            if (device.WhyNotFast is not { } reason) return device;
            device.Dispose();
            throw new SkipException($"{name}: {reason}");
        }
        catch (DeviceUnavailableException e)
        {
            throw new SkipException($"{name}: {e.What}", e);
        }
    }
}
