using Babel.Kernels.Diagnostics;
using Babel.Kernels.Gpu;
using Babel.Kernels.OpenCl;
using Xunit;

namespace Babel.Kernels.Tests.OpenCl;

/// <summary>The kernels as they are cut for a GPU (groups, local memory, one float an item), on whatever device there is.</summary>
public class OpenClTuningTests
{
    public static TheoryData<string> Operators => [.. SelfTest.Operators];

    [SkippableTheory]
    [MemberData(nameof(Operators))]
    public void Operator_CutForAGpu_KeepsItsBounds(string op)
    {
        var (api, devices, reason) = new OpenClDeviceProvider().Find();
        Skip.If(api is null || devices.Count == 0, $"opencl:0: {reason}");
        var tuning = OpenClTunings.Gpu(devices[0]);
        using GpuDevice device = new OpenClDevice(
            api!, devices[0], "opencl:0 as a GPU", tuning, new ProgramCache(ProgramCache.UserFolder), null, Precision.Exact);
        var results = SelfTest.Run(device, op);
        Assert.NotEmpty(results);
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
    }

    [SkippableFact]
    public void Budget_WhenUsedUp_RefusesAndTakesBackWhatIsReleased()
    {
        var (api, devices, reason) = new OpenClDeviceProvider().Find();
        Skip.If(api is null || devices.Count == 0, $"opencl:0: {reason}");
        using GpuDevice device = new OpenClDevice(api!, devices[0], "opencl:0", OpenClTunings.Cpu, new ProgramCache(null), 4096, Precision.Exact);
        var first = device.Allocate(new Shape(1000));
        var error = Assert.Throws<Errors.DeviceMemoryException>(() => device.Allocate(new Shape(100)));
        Assert.Contains("4096", error.Expected, StringComparison.Ordinal);
        first.Dispose();
        using var second = device.Allocate(new Shape(1000));
        Assert.Equal(GpuPool.SizeOf(4000), device.BytesInUse);
    }

    [SkippableFact]
    public void Indices_AreCheckedBeforeTheKernelRuns()
    {
        using var device = Opened();
        using var x = device.FromFloats(new float[6], new Shape(2, 3));
        using var y = device.Allocate(new Shape(1, 3));
        using var beyond = device.FromInts([2], new Shape(1));
        using var unknown = device.Allocate(DType.I32, new Shape(1));
        Assert.Throws<Errors.KernelException>(() => device.Ops.GatherRows(x, beyond, y));
        Assert.Throws<Errors.KernelException>(() => device.Ops.GatherRows(x, unknown, y));
    }

    private static Device Opened() => Tests.Operators.TestDevices.Open("opencl:0");
}
