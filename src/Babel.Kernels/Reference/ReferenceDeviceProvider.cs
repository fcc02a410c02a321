using Babel.Kernels.Errors;

namespace Babel.Kernels.Reference;

/// <summary><c>ref</c>: the oracle, float64 and scalar.</summary>
public sealed class ReferenceDeviceProvider : IDeviceProvider
{
    /// <inheritdoc/>
    public string Kind => "ref";

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> List() => [new DeviceInfo("ref", "float64, scalar: the oracle the other devices are tested against")];

    /// <inheritdoc/>
    public Device Open(DeviceSpec spec, DeviceOptions options)
    {
        if (spec.Argument.Length > 0)
            throw new DeviceUnavailableException("the reference device has no variants", where: $"device '{spec}'", expected: "ref");
        if (options.Precision == Precision.Fast)
        {
            throw new DeviceUnavailableException(
                "the reference device has no fast precision", where: "device 'ref'", expected: "exact: it computes in float64", found: "fast",
                hint: "leave --precision out, or name another device");
        }

        return new ReferenceDevice();
    }
}
