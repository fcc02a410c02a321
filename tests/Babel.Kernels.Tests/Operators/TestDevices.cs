using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>The device matrix.</summary>
internal static class TestDevices
{
    public static readonly string[] Names = ["ref", "cpu", "cpu:avx512", "cpu:avx2", "cpu:vector128", "cpu:scalar", "opencl:0"];

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

    /// <summary>Those, and the others that compute in float32.</summary>
    public static TheoryData<string> Float => [.. Names.Where(n => n.Contains(':', StringComparison.Ordinal))];

    /// <summary>Opens a device, or skips the test with the reason.</summary>
    public static Device Open(string name, int threads = 2)
    {
        try
        {
            return DeviceRegistry.Default.Open(name, new DeviceOptions(threads));
        }
        catch (DeviceUnavailableException e)
        {
            throw new SkipException($"{name}: {e.What}", e);
        }
    }
}
