using System.Runtime.InteropServices;
using Babel.Kernels.Errors;
using Babel.Kernels.OpenCl;
using Babel.Kernels.OpenCl.Interop;
using Xunit;

namespace Babel.Kernels.Tests.OpenCl;

/// <summary>Drivers that are not there, that fail at any call, or that have no memory left.</summary>
public sealed class OpenClFailureTests : IDisposable
{
    private const int OutOfResources = -5;
    private readonly TemporaryFolder _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void NoLibrary_IsListedAndRefusedWithTheReason()
    {
        var provider = new OpenClDeviceProvider(() => (null, "no OpenCL library"), null);
        Assert.Equal("no OpenCL library", Assert.Single(provider.List()).Unavailable);
        var error = Assert.Throws<DeviceUnavailableException>(() => provider.Open(new DeviceSpec("opencl", "0"), new DeviceOptions()));
        Assert.Equal("no OpenCL library", error.What);
    }

    [Fact]
    public void NoDriver_IsListedWithTheCallAndItsCode()
    {
        var provider = new OpenClDeviceProvider(() => (new FailingOpenCl(null, (_, _) => -1001), null), null);
        string reason = Assert.Single(provider.List()).Unavailable!;
        Assert.Contains("clGetPlatformIDs returned CL_PLATFORM_NOT_FOUND_KHR (-1001)", reason, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("opencl:99", "no such OpenCL device")]
    [InlineData("opencl:x", "named by its number")]
    public void WrongNumber_IsRefused(string name, string reason)
    {
        Driver();
        var error = Assert.Throws<DeviceUnavailableException>(() => DeviceRegistry.Default.Open(name));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void EveryCall_FailingOnce_IsOneClearErrorAndLeavesNothingBehind()
    {
        var good = new FailingOpenCl(Driver(), (_, _) => null);
        Work(good);
        Assert.Equal(0, good.Alive);

        // What is only told, what there is another way for, and what is waited for when the device is closed.
        string[] survivable = ["clGetPlatformInfo", "clGetDeviceInfo", "clGetProgramInfo", "clCreateProgramWithBinary", "clBuildProgram", "clWaitForEvents"];
        foreach (var (call, count) in good.Calls)
        {
            foreach (int which in new HashSet<int> { 0, count / 2, count - 1 })
            {
                // Only what is compiled anew gets there.
                string cache = _cache.File("cache");
                if ((call is "clCreateProgramWithSource" or "clGetProgramInfo") && Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
                var failing = new FailingOpenCl(Driver(), (c, before) => c == call && before == which ? OutOfResources : null);
                var error = Record.Exception(() => Work(failing));
                Assert.True(failing.Alive == 0, $"{call} number {which} failing leaves {failing.Alive} objects: {error?.Message}");
                if (error is null) Assert.Contains(call, survivable, StringComparer.Ordinal);
                else Assert.IsAssignableFrom<BabelException>(error);
                if (error is DeviceLostException or DeviceMemoryException)
                    Assert.Contains($"{call} returned CL_OUT_OF_RESOURCES (-5)", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [SkippableFact]
    public void NoMemoryLeft_SaysHowMuchWasAskedFor()
    {
        int buffers = 0;
        var full = new FailingOpenCl(Driver(), (call, _) => call == "clCreateBuffer" && ++buffers > 3 ? -4 : null);
        var error = Assert.Throws<DeviceMemoryException>(() => Work(full));
        Assert.Contains("CL_MEM_OBJECT_ALLOCATION_FAILURE", error.Message, StringComparison.Ordinal);
        Assert.Contains("bytes", error.Expected, StringComparison.Ordinal);
        Assert.Equal(0, full.Alive);
    }

    [SkippableFact]
    public void NoMemoryLeft_SpareBuffersGoBackToTheDriver()
    {
        long room = 1 << 20;
        var full = new FailingOpenCl(Driver(), (_, _) => null) { Room = room };
        using (var device = new OpenClDeviceProvider(() => (full, null), null).Open(new DeviceSpec("opencl", "0"), new DeviceOptions()))
        {
            using var kept = device.Allocate(new Shape(100_000));
            int alive = full.Alive;
            for (int i = 1; i <= 4; i++) device.Allocate(new Shape(10_000 * i)).Dispose();
            Assert.True(full.Alive > alive);
            device.Allocate(new Shape(150_000)).Dispose();
            Assert.Throws<DeviceMemoryException>(() => device.Allocate(new Shape(200_000)));
            device.Trim();
            Assert.Equal(alive, full.Alive);
        }

        Assert.Equal(0, full.Alive);
    }

    [SkippableFact]
    public void Budget_CountsSpareBuffersToo()
    {
        var driver = new FailingOpenCl(Driver(), (_, _) => null) { Room = 1 << 20 };
        using var device = new OpenClDeviceProvider(() => (driver, null), null).Open(new DeviceSpec("opencl", "0"), new DeviceOptions(MemoryBudget: 1 << 20));

        // The driver would say so if more were asked of it than the budget.
        for (int i = 0; i < 20; i++)
        {
            using var half = device.Allocate(new Shape(100_000));
            using var rest = device.Allocate(new Shape(100_000 + (i * 1000)));
        }

        Assert.True(driver.Calls["clCreateBuffer"] > 20);
    }

    [SkippableFact]
    public void DamagedBinaries_AreBuiltAgain()
    {
        Work(new FailingOpenCl(Driver(), (_, _) => null));
        string[] files = Directory.GetFiles(_cache.File("cache"));
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        var again = new FailingOpenCl(Driver(), (_, _) => null);
        Work(again);
        Assert.False(again.Calls.ContainsKey("clCreateProgramWithBinary"));
        var third = new FailingOpenCl(Driver(), (_, _) => null);
        Work(third);
        Assert.False(third.Calls.ContainsKey("clCreateProgramWithSource"));
    }

    /// <summary>The real driver, or a skip with the reason.</summary>
    private static NativeOpenCl Driver()
    {
        var api = NativeOpenCl.TryOpen(out string? reason);
        Skip.If(api is null, reason);
        Skip.If(new OpenClDeviceProvider(() => (api, null), null).List()[0].Unavailable is not null, "there is no OpenCL device");
        return api!;
    }

    /// <summary>A little of everything: upload, weight, kernels of two programs, download.</summary>
    private void Work(FailingOpenCl api)
    {
        var provider = new OpenClDeviceProvider(() => (api, null), _cache.File("cache"));
        using var device = provider.Open(new DeviceSpec("opencl", "0"), new DeviceOptions());
        using var x = device.FromFloats([1, 2, 3, 4, 5, 6], new Shape(2, 3));
        using var y = device.Allocate(new Shape(2, 3));
        using var weight = device.CreateWeight(DType.F32, 3, 3, "w");
        weight.Write(0, MemoryMarshal.AsBytes<float>([1, 0, 0, 0, 1, 0, 0, 0, 1]));
        device.Ops.Linear(x, weight, y, new Epilogue { Residual = x });
        device.Synchronize();
        Assert.Equal([2f, 4, 6, 8, 10, 12], device.ToFloats(y));
    }
}
