using Babel.Kernels.Diagnostics;
using Babel.Kernels.Gpu;
using Babel.Kernels.OpenCl;
using Babel.Kernels.OpenCl.Interop;
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

    [SkippableTheory]
    [InlineData("Linear", 255, 32, 64)]
    [InlineData("Linear", 63, 16, 16)]
    [InlineData("GatedLinear", 64, 32, 64)]
    [InlineData("LogProb", 16, 16, 16)]
    [InlineData("Norm", 100, 32, 64)]
    public void Operator_CutForAGpuOfSmallGroups_KeepsItsBounds(string op, int largest, int panel, int rowLocal)
    {
        var (api, devices, reason) = new OpenClDeviceProvider().Find();
        Skip.If(api is null || devices.Count == 0, $"opencl:0: {reason}");
        var tuning = OpenClTunings.Gpu(devices[0] with { LargestGroup = (ulong)largest });
        Assert.Equal((panel, rowLocal), (tuning.Panel, tuning.RowLocal));
        using GpuDevice device = new OpenClDevice(
            api!, devices[0], "opencl:0 as a small GPU", tuning, new ProgramCache(ProgramCache.UserFolder), null, Precision.Exact);
        var results = SelfTest.Run(device, op);
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
    }

    [SkippableTheory]
    [InlineData(1000, 64)]
    [InlineData(255, 32)]
    [InlineData(63, 16)]
    public void Open_DriverAllowsKernelsLess_GetsASmallerCut(int limit, int panel)
    {
        using var device = (GpuDevice)AsGpu(limit);
        Assert.Equal(panel, device.Tuning.Panel);
        using var x = device.FromFloats([1, 2, 3, 4], new Shape(2, 2));
        using var weight = device.CreateWeight(DType.F32, 2, 2, "w");
        weight.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1, 1, 1, -1]));
        using var y = device.Allocate(new Shape(2, 2));
        device.Ops.Linear(x, weight, y);
        Assert.Equal([3f, -1, 7, -1], device.ToFloats(y));
    }

    [SkippableFact]
    public void Open_DriverAllowsHardlyAnything_IsOneClearError()
    {
        var error = Assert.Throws<Errors.DeviceUnavailableException>(() => AsGpu(8));
        Assert.Contains("product has groups of 16 items, and may have 8", error.Found, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Launch_LargerThanTheDriverAllows_IsSaidAndNothingIsLost()
    {
        var driver = new FailingOpenCl(Driver(), (_, _) => null) { GroupLimit = 32 };
        var facts = new OpenClDeviceProvider(() => (driver, null), null).Find().Devices[0];
        using GpuDevice device = new OpenClDevice(driver, facts, "opencl:0", OpenClTunings.Gpu(facts), new ProgramCache(ProgramCache.UserFolder), null, Precision.Exact);
        using var x = device.FromFloats([1, 2], new Shape(1, 2));
        using var weight = device.FromFloats([1, 1], new Shape(2));
        var error = Assert.Throws<Errors.KernelException>(() => device.Ops.Norm(NormKind.Rms, x, weight, null, 1e-5f, x));
        Assert.Contains("at most 32", error.Found, StringComparison.Ordinal);
        Assert.Equal([1f, 2], device.ToFloats(x));
    }

    [Fact]
    public void Refusal_OfALaunch_IsNoLossOfTheDevice()
    {
        var error = Assert.Throws<Errors.KernelException>(() => OpenClError.Check(-54, "clEnqueueNDRangeKernel", "opencl:0", "256 items"));
        Assert.Contains("CL_INVALID_WORK_GROUP_SIZE (-54)", error.Found, StringComparison.Ordinal);
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

    /// <summary>The device as a GPU whose driver allows kernels so many items a group.</summary>
    private static Device AsGpu(int limit)
    {
        const uint Type = 0x1000;
        const ulong Gpu = 4;
        var driver = new FailingOpenCl(Driver(), (_, _) => null) { GroupLimit = (nuint)limit, Facts = new Dictionary<uint, ulong> { [Type] = Gpu } };
        return new OpenClDeviceProvider(() => (driver, null), ProgramCache.UserFolder).Open(new DeviceSpec("opencl", "0"), new DeviceOptions());
    }

    private static NativeOpenCl Driver()
    {
        var api = NativeOpenCl.TryOpen(out string? reason);
        Skip.If(api is null, reason);
        Skip.If(new OpenClDeviceProvider(() => (api, null), null).List()[0].Unavailable is not null, "there is no OpenCL device");
        return api!;
    }

    private static Device Opened() => Tests.Operators.TestDevices.Open("opencl:0");
}
