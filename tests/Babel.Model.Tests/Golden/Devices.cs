using Babel.Kernels;
using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>The devices models are proven on, and how near each must come.</summary>
internal static class Devices
{
    public static string[] Names => ["ref", "cpu", "opencl:0", .. CudaTestDevices.Names];

    /// <summary>Opens a device, or skips the test with the reason.</summary>
    public static Device Open(string name)
    {
        try
        {
            return CudaTestDevices.Open(name) ?? DeviceRegistry.Default.Open(name);
        }
        catch (DeviceUnavailableException e)
        {
            throw new SkipException($"{name}: {e.What}", e);
        }
    }

    /// <summary>Float64 against expectations stored as float32, or float32 arithmetic as the issue asks for.</summary>
    public static Tolerance Logits(string device) => device == "ref" ? new(5e-6, 1.2e-7) : new(5e-5, 1e-5);

    public static Tolerance Hidden(string device) => device == "ref" ? new(5e-6, 1.2e-7) : new(2e-5, 0);
}

internal readonly record struct Tolerance(double Absolute, double Relative)
{
    public double For(double expected) => Absolute + (Relative * Math.Abs(expected));
}
