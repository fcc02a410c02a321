namespace Babel.Kernels;

/// <summary>
/// One kind of device: how its devices are found and opened. The built-in kinds are in <see cref="DeviceRegistry.Default"/>; another
/// assembly (an ILGPU device, say) adds its own.
/// </summary>
public interface IDeviceProvider
{
    /// <summary>The first part of the device names it serves, such as <c>cpu</c>.</summary>
    string Kind { get; }

    /// <summary>The devices of this machine, also those that cannot be used, with the reason.</summary>
    IReadOnlyList<DeviceInfo> List();

    /// <summary>Opens a device.</summary>
    /// <exception cref="Errors.DeviceUnavailableException">There is no such device; the message gives the reason.</exception>
    Device Open(DeviceSpec spec, DeviceOptions options);
}
