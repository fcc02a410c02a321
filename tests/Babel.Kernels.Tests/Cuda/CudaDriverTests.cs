using System.Runtime.InteropServices;
using Babel.Kernels.Cuda;
using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>The host side: what is listed, what goes wrong, and that it is said and cleared up.</summary>
public class CudaDriverTests
{
    private const int InvalidValue = 1;
    private const int OutOfMemory = 2;
    private const int IllegalAddress = 700;

    [Fact]
    public void List_NoDriver_SaysWhy()
    {
        var provider = new CudaDeviceProvider("/nowhere/libcuda.so");
        var device = Assert.Single(provider.List());
        Assert.Contains("/nowhere/libcuda.so is not there", device.Unavailable, StringComparison.Ordinal);
        var error = Assert.Throws<DeviceUnavailableException>(() => provider.Open(DeviceSpec.Parse("cuda:0"), new DeviceOptions()));
        Assert.Contains("driver", error.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void List_TwoDevices_DescribesBoth()
    {
        using var driver = new EmulatedDriver(devices: 2);
        var devices = driver.Provider.List();
        Assert.Equal(["cuda:0", "cuda:1"], devices.Select(d => d.Name), StringComparer.Ordinal);
        Assert.All(devices, d => Assert.Equal("Emulated GPU, 8.0 GiB, compute capability 8.0, 4 multiprocessors, CUDA 12.4", d.Description));
        Assert.All(devices, d => Assert.Null(d.Unavailable));
    }

    [SkippableFact]
    public void List_OldDevice_SaysWhyNot()
    {
        using var driver = new EmulatedDriver(capability: 61);
        Assert.Contains("compute capability 6.1; the kernels need 7.0", Assert.Single(driver.Provider.List()).Unavailable, StringComparison.Ordinal);
        Assert.Throws<DeviceUnavailableException>(() => driver.Open());
    }

    [SkippableFact]
    public void List_NoDevice_SaysWhy()
    {
        using var driver = new EmulatedDriver(devices: 0);
        Assert.Contains("CUDA_ERROR_NO_DEVICE (100)", Assert.Single(driver.Provider.List()).Unavailable, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("cuda:1")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:fast")]
    public void Open_NoSuchDevice_NamesThoseThereAre(string name)
    {
        using var driver = new EmulatedDriver();
        var error = Assert.Throws<DeviceUnavailableException>(() => driver.Provider.Open(DeviceSpec.Parse(name), new DeviceOptions()));
        Assert.StartsWith("cuda:0 to cuda:0,", error.Expected, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("cuda:0", "(wgmma)")]
    [InlineData("cuda:0:mma", "(mma.sync)")]
    [InlineData("cuda:0:float", "no tensor cores: asked for as cuda:0:float")]
    public void Open_WithUnits_UsesNoNewerOnes(string name, string units)
    {
        using var driver = new EmulatedDriver(capability: 90);
        using var device = driver.Provider.Open(DeviceSpec.Parse(name), new DeviceOptions());
        Assert.Equal(name, device.Name);
        Assert.EndsWith(units, device.Description, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(90, "(mma.sync): no wgmma (cuModuleLoadDataEx returned CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222))")]
    [InlineData(80, "no tensor cores: no mma.sync (cuModuleLoadDataEx returned CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222))")]
    public void Open_DriverTooOldForNewerUnits_UsesOlderOnesAndSaysWhy(int target, string units)
    {
        using var driver = new EmulatedDriver(capability: 90);
        driver.RefuseTarget(target);
        using var device = driver.Open();
        Assert.EndsWith(units, device.Description, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Open_FastOnOldDevice_SaysWhyItIsExact()
    {
        using var driver = new EmulatedDriver(capability: 75);
        using var device = driver.Open(Precision.Fast);
        Assert.Equal(Precision.Exact, device.Precision);
        Assert.Contains("compute capability 8.0", device.WhyNotFast, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Dispose_AfterWork_LeavesNothing()
    {
        using var driver = new EmulatedDriver();
        Work(driver);
        Assert.Equal(0, driver.Live);
    }

    [SkippableTheory]
    [InlineData(InvalidValue, "CUDA_ERROR_INVALID_VALUE (1)")]
    [InlineData(OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY (2)")]
    [InlineData(IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS (700)")]
    public void Work_AnyCallFailing_IsSaidAndClearedUp(int code, string name)
    {
        using var driver = new EmulatedDriver(capability: 70);
        float expected = Work(driver);
        long calls = driver.Calls;
        int said = 0;
        for (long call = 1; call <= calls; call++)
        {
            driver.Reset(capability: 70);
            driver.FailAt(call, code);
            try
            {
                Assert.Equal(expected, Work(driver));
            }
            catch (BabelException e)
            {
                said++;
                Assert.Contains(name, e.Message, StringComparison.Ordinal);
                Assert.Contains("returned", e.Found, StringComparison.Ordinal);
                if (code == IllegalAddress) Assert.True(e is DeviceLostException or DeviceUnavailableException, e.Message);
            }
        }

        // Releases alone may fail in silence.
        Assert.InRange(said, calls * 2 / 3, calls);
        driver.Reset();
        Assert.Equal(0, driver.Live);
    }

    [SkippableFact]
    public void Allocate_MoreThanThereIs_SaysHowMuchThereIsAndGoesOn()
    {
        using var driver = new EmulatedDriver(memory: 64 << 20);
        using var device = driver.Open();
        var error = Assert.Throws<DeviceMemoryException>(() => device.Allocate(new Shape(1 << 20, 20)));
        Assert.Contains("bytes are free on the device", error.Expected, StringComparison.Ordinal);

        // Spare blocks of another size are given back for a new one.
        for (int i = 1; i <= 10; i++) device.Allocate(new Shape((4 << 20) + (i * 1024))).Dispose();
        using var large = device.Allocate(new Shape(12 << 20));
        Assert.Equal(48 << 20, large.Memory.Bytes);
    }

    [SkippableFact]
    public void Trim_SpareBlocks_GoBackToTheDriver()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        long before = driver.Live;
        device.Allocate(new Shape(1 << 20)).Dispose();
        Assert.Equal(before + 1, driver.Live);
        device.Trim();
        Assert.Equal(before, driver.Live);
    }

    [SkippableFact]
    public void Allocate_BeyondTheBudget_IsRefused()
    {
        using var driver = new EmulatedDriver();
        using var device = driver.Provider.Open(DeviceSpec.Parse("cuda"), new DeviceOptions(MemoryBudget: 1 << 20));
        var error = Assert.Throws<DeviceMemoryException>(() => device.Allocate(new Shape(1 << 20)));
        Assert.Contains($"{1 << 20} bytes", error.Expected, StringComparison.Ordinal);
        device.Allocate(new Shape(1 << 10)).Dispose();
    }

    [SkippableFact]
    public void Kernel_OutOfBounds_LosesTheDeviceForGood()
    {
        using var driver = new EmulatedDriver();
        var device = driver.Open();
        using (var x = device.Allocate(new Shape(64)))
        {
            // Three times what is there; the checks in front of the operators would not let this pass.
            var beyond = x.View with { Shape = new Shape(4096) };
            ((CudaDevice)device).Arguments.Clear().Add(beyond).Add(beyond).Add(beyond).Add(4096L);
            ((CudaDevice)device).Launch("add", new Gpu.GpuGrid(16, 1, 1, 256));
            var error = Assert.Throws<DeviceLostException>(device.Synchronize);
            Assert.Contains("CUDA_ERROR_ILLEGAL_ADDRESS (700)", error.Found, StringComparison.Ordinal);
            Assert.Contains("cuda:0 (Emulated GPU)", error.Where, StringComparison.Ordinal);
            Assert.Throws<DeviceLostException>(() => device.ToFloats(x));
        }

        device.Dispose();
        driver.Reset();
        Assert.Equal(0, driver.Live);
    }

    [SkippableTheory]
    [InlineData(70, "fused multiply-adds")]
    [InlineData(80, "mma.sync")]
    [InlineData(90, "wgmma")]
    public void Ceilings_EveryEngine_AreMeasured(int capability, string by)
    {
        using var device = EmulatedDriver.OpenDevice(capability);
        var ceilings = Diagnostics.Bench.DeviceCeilings.Measure(device);
        Assert.Contains(by, ceilings.GflopsMeaning, StringComparison.Ordinal);
        Assert.InRange(ceilings.Gflops, 1e-3, 1e4);
        Assert.InRange(ceilings.Gigabytes, 1e-3, 1e4);
    }

    [SkippableFact]
    public void Copy_ManyPages_ComesBackWhole()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        var values = new int[(5 << 20) + 7];
        for (int i = 0; i < values.Length; i++) values[i] = unchecked(i * (int)2654435761);
        using var tensor = device.FromInts(values, new Shape(values.Length));
        Assert.Equal(values, device.ToInts(tensor));
    }

    /// <summary>Opens the device, multiplies, reads back, closes.</summary>
    private static float Work(EmulatedDriver driver)
    {
        using var device = driver.Open();
        float[] values = [.. Enumerable.Range(0, 96).Select(i => (i % 7) - 3f)];
        using var x = device.FromFloats(values, new Shape(4, 24));
        using var y = device.Allocate(new Shape(4, 3));
        using var weight = device.CreateWeight(DType.F32, 3, 24, "w");
        weight.Write(0, MemoryMarshal.AsBytes<float>(values.AsSpan(0, 72)));
        device.Ops.Linear(x, weight, y, new Epilogue { Activation = new Activation(ActivationKind.Silu) });
        device.Synchronize();
        return device.ToFloats(y).Sum();
    }
}
