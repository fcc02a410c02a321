namespace Babel.Kernels.Cpu;

/// <summary><c>cpu</c> (the widest vectors there are), <c>cpu:avx512</c>, <c>cpu:avx2</c>, <c>cpu:vector128</c>, <c>cpu:scalar</c>.</summary>
public sealed class CpuDeviceProvider : IDeviceProvider
{
    /// <inheritdoc/>
    public string Kind => "cpu";

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> List() => [new DeviceInfo("cpu", "this processor")];

    /// <inheritdoc/>
    public Device Open(DeviceSpec spec, DeviceOptions options) => new CpuDevice("cpu", CpuInstructionSet.Scalar, 1);
}
