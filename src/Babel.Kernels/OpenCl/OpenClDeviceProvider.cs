using System.Globalization;
using Babel.Kernels.Errors;
using Babel.Kernels.OpenCl.Interop;

namespace Babel.Kernels.OpenCl;

/// <summary><c>opencl:0</c>, <c>opencl:1</c>, ...: the devices of all OpenCL platforms, in the order in which the driver names them.</summary>
public sealed class OpenClDeviceProvider : IDeviceProvider
{
    private readonly Func<(IOpenCl? Api, string? Reason)> _open;
    private readonly string? _cacheFolder;

    /// <summary>The devices of this machine's drivers.</summary>
    public OpenClDeviceProvider()
        : this(() => (NativeOpenCl.TryOpen(out string? reason), reason), ProgramCache.UserFolder)
    {
    }

    /// <summary>The devices of another driver; for tests.</summary>
    internal OpenClDeviceProvider(Func<(IOpenCl? Api, string? Reason)> open, string? cacheFolder) => (_open, _cacheFolder) = (open, cacheFolder);

    /// <inheritdoc/>
    public string Kind => "opencl";

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> List()
    {
        var (_, devices, reason) = Find();
        if (devices.Count == 0) return [new DeviceInfo("opencl:0", "a device of an OpenCL driver", reason ?? "no platform has a device")];
        return [.. devices.Select((d, i) => new DeviceInfo($"opencl:{i}", d.Describe(), d.Unavailable ?? OpenClTunings.WhyNot(d), IsAutomatic: !d.IsCpu))];
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceUnavailableException">There is no driver, no such device, or it cannot run the kernels.</exception>
    public Device Open(DeviceSpec spec, DeviceOptions options)
    {
        var (api, devices, reason) = Find();
        int index = 0;
        if (spec.Argument.Length > 0 && !int.TryParse(spec.Argument, NumberStyles.None, CultureInfo.InvariantCulture, out index))
            throw new DeviceUnavailableException("an OpenCL device is named by its number", spec.ToString(), "opencl:0, opencl:1, ...", spec.Argument);
        if (api is null || index >= devices.Count)
        {
            throw new DeviceUnavailableException(
                reason ?? "there is no such OpenCL device",
                spec.ToString(),
                devices.Count == 0 ? null : $"opencl:0 to opencl:{devices.Count - 1}",
                hint: "`babel devices` lists what this machine has");
        }

        var facts = devices[index];
        if ((facts.Unavailable ?? OpenClTunings.WhyNot(facts)) is { } why) throw new DeviceUnavailableException(why, spec.ToString(), found: facts.Name);
        string? tooLarge = null;
        foreach (var tuning in OpenClTunings.For(facts))
        {
            var device = new OpenClDevice(api, facts, $"opencl:{index}", tuning, new ProgramCache(_cacheFolder), options.MemoryBudget, options.Precision);
            try
            {
                tooLarge = device.WhyTooLarge();
                if (tooLarge is null) return device;
            }
            catch
            {
                device.Dispose();
                throw;
            }

            device.Dispose();
        }

        throw new DeviceUnavailableException("the driver allows no group that is large enough for the kernels", spec.ToString(), found: $"{facts.Name}: {tooLarge}");
    }

    /// <summary>All devices, or why there are none.</summary>
    internal (IOpenCl? Api, IReadOnlyList<OpenClDeviceFacts> Devices, string? Reason) Find()
    {
        var (api, reason) = _open();
        if (api is null) return (null, [], reason);
        int error = api.GetPlatformIds([], out uint count);
        if (error != 0) return (api, [], $"the OpenCL library finds no driver: clGetPlatformIDs returned {OpenClError.NameOf(error)}");
        var platforms = new nint[count];
        error = api.GetPlatformIds(platforms, out _);
        if (error != 0) return (api, [], $"clGetPlatformIDs returned {OpenClError.NameOf(error)}");
        var devices = new List<OpenClDeviceFacts>();
        foreach (nint platform in platforms)
        {
            if (api.GetDeviceIds(platform, [], out uint here) != 0 || here == 0) continue;
            var ids = new nint[here];
            if (api.GetDeviceIds(platform, ids, out _) == 0) devices.AddRange(ids.Select(id => OpenClDeviceFacts.Ask(api, platform, id)));
        }

        return (api, devices, devices.Count == 0 ? "the OpenCL drivers of this machine have no device" : null);
    }
}
