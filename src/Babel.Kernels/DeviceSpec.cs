using Babel.Kernels.Errors;

namespace Babel.Kernels;

/// <summary>
/// The name of a device as a user writes it: <c>kind[:argument]</c>, such as <c>cpu</c>, <c>cpu:avx2</c>, <c>ref</c>, <c>opencl:0</c>, <c>cuda:1</c>,
/// <c>ilgpu:cuda:0</c> or <c>auto</c>.
/// </summary>
/// <param name="Kind">The part before the first colon, lower case.</param>
/// <param name="Argument">The rest, or empty.</param>
public readonly record struct DeviceSpec(string Kind, string Argument)
{
    /// <summary>Reads a name.</summary>
    /// <exception cref="DeviceUnavailableException">The text is empty.</exception>
    public static DeviceSpec Parse(string text)
    {
        string name = text.Trim().ToLowerInvariant();
        if (name.Length == 0)
            throw new DeviceUnavailableException("a device name is empty", hint: "cpu, cpu:avx2, ref, opencl:0, cuda:0 or auto");
        int colon = name.IndexOf(':');
        return colon < 0 ? new DeviceSpec(name, "") : new DeviceSpec(name[..colon], name[(colon + 1)..]);
    }

    /// <inheritdoc/>
    public override string ToString() => Argument.Length == 0 ? Kind : $"{Kind}:{Argument}";
}
