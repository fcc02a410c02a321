using Babel.Kernels.Cpu;
using Babel.Kernels.Cuda;
using Babel.Kernels.Errors;
using Babel.Kernels.OpenCl;
using Babel.Kernels.Reference;

namespace Babel.Kernels;

/// <summary>The kinds of device this program knows, in the order in which <c>auto</c> prefers them.</summary>
public sealed class DeviceRegistry
{
    private readonly IReadOnlyList<IDeviceProvider> _providers;

    /// <summary>Creates a registry of the given kinds.</summary>
    public DeviceRegistry(params IReadOnlyList<IDeviceProvider> providers) => _providers = providers;

    /// <summary>The kinds built in.</summary>
    public static DeviceRegistry Default => new(
        new CudaDeviceProvider(), new OpenClDeviceProvider(), new CpuDeviceProvider(), new ReferenceDeviceProvider());

    /// <summary>This registry with another kind in front, preferred by <c>auto</c>.</summary>
    public DeviceRegistry With(IDeviceProvider provider) => new([provider, .. _providers]);

    /// <summary>Every device of every kind.</summary>
    public IReadOnlyList<DeviceInfo> List() => [.. _providers.SelectMany(p => p.List())];

    /// <summary>Opens the named device; <c>auto</c> opens the first usable one of the list.</summary>
    /// <exception cref="DeviceUnavailableException">No such kind, or no such device: never a silent fallback.</exception>
    public Device Open(string name, DeviceOptions? options = null)
    {
        var spec = DeviceSpec.Parse(name);
        if (spec.Kind == "auto")
            spec = DeviceSpec.Parse(List().First(d => d.Unavailable is null && d.IsAutomatic).Name);
        var provider = _providers.FirstOrDefault(p => p.Kind == spec.Kind)
            ?? throw new DeviceUnavailableException(
                $"there is no device kind '{spec.Kind}' in this build",
                where: $"device '{name}'",
                expected: string.Join(", ", _providers.Select(p => p.Kind)) + " or auto",
                hint: "`babel devices` lists what this machine has");
        return provider.Open(spec, options ?? new DeviceOptions());
    }
}
