using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cpu;

/// <summary><c>cpu</c> (the widest vectors there are), <c>cpu:avx512</c>, <c>cpu:avx2</c>, <c>cpu:vector128</c>, <c>cpu:scalar</c>.</summary>
/// <remarks>All give the same bits. The narrow ones are for tests and for measuring what vectors bring.</remarks>
public sealed class CpuDeviceProvider : IDeviceProvider
{
    /// <inheritdoc/>
    public string Kind => "cpu";

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> List() =>
    [
        new DeviceInfo("cpu", $"this processor, {Environment.ProcessorCount} threads, {CpuSupport.Describe(CpuSupport.Widest)}", HasFast: HasFast(CpuSupport.Widest)),
        .. CpuSupport.All.Select(set =>
            new DeviceInfo($"cpu:{CpuSupport.NameOf(set)}", $"the same with {CpuSupport.Describe(set)}", CpuSupport.WhyNot(set), HasFast(set))),
    ];

    private static bool HasFast(CpuInstructionSet set) => CpuSupport.WhyNot(set) is null && BrainKernels.WhyNot(set) is null;

    /// <inheritdoc/>
    /// <exception cref="DeviceUnavailableException">The argument is no instruction set, or one the processor does not have.</exception>
    public Device Open(DeviceSpec spec, DeviceOptions options)
    {
        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        if (spec.Argument.Length == 0) return new CpuDevice("cpu", CpuSupport.Widest, threads, options.Precision);
        foreach (var set in CpuSupport.All)
        {
            if (!string.Equals(CpuSupport.NameOf(set), spec.Argument, StringComparison.Ordinal)) continue;
            if (CpuSupport.WhyNot(set) is { } reason)
                throw new DeviceUnavailableException(reason, where: spec.ToString(), hint: "cpu takes the widest vectors there are");
            return new CpuDevice(spec.ToString(), set, threads, options.Precision);
        }

        throw new DeviceUnavailableException(
            "the cpu device has no such instruction set",
            where: spec.ToString(),
            expected: string.Join(", ", CpuSupport.All.Select(CpuSupport.NameOf)),
            found: spec.Argument);
    }
}
