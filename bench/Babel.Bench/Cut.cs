using Babel.Kernels;
using Babel.Kernels.OpenCl;

namespace Babel.Bench;

/// <summary>Opens devices by their names, and <c>opencl:gpu</c>: the first OpenCL device, whatever it is, with the kernels cut as for a GPU.</summary>
internal static class Cut
{
    private const string AsGpu = "opencl:gpu";

    /// <summary>Opens a device.</summary>
    public static Device Open(string name)
    {
        if (name != AsGpu) return DeviceRegistry.Default.Open(name);
        var (api, devices, reason) = new OpenClDeviceProvider().Find();
        return api is null || devices.Count == 0
            ? throw new InvalidOperationException(reason)
            : new OpenClDevice(api, devices[0], AsGpu, OpenClTunings.Gpu(devices[0]), new ProgramCache(ProgramCache.UserFolder), null, Precision.Exact);
    }
}
