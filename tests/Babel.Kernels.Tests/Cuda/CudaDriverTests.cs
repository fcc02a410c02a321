using System.Runtime.InteropServices;
using Babel.Kernels.Cuda;
using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;
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
            ((CudaDevice)device).Launch("add", new GpuGrid(16, 1, 1, 256));
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

    [SkippableFact]
    public void BeginDownload_DeviceBehind_WaitsOnlyForWhatIsRead()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        using var x = device.FromFloats([1, 2, 3], new Shape(3));
        driver.StayBehind();
        using (var first = device.BeginDownload([x]))
        {
            device.Ops.Add(x, x, x);
            using var second = device.BeginDownload([x]);
            Assert.False(first.IsDone);
            Assert.Equal(0, driver.Waits);
            Assert.Equal([1f, 2, 3], MemoryMarshal.Cast<byte, float>(first.Bytes(0)).ToArray());
            Assert.False(second.IsDone);
            Assert.Equal([2f, 4, 6], MemoryMarshal.Cast<byte, float>(second.Bytes(0)).ToArray());
            Assert.Equal(2, driver.Waits);
        }

        // A landing given back is used again, and what lands there second is what is read.
        for (int i = 0; i < 3; i++)
        {
            device.Ops.Add(x, x, x);
            using var again = device.BeginDownload([x]);
            Assert.Equal(2f * (4 << i), MemoryMarshal.Cast<byte, float>(again.Bytes(0))[1]);
        }
    }

    [SkippableFact]
    public void ReleaseScratch_DownloadNobodyWaitedFor_WaitsBeforeItsMemoryGoes()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        using var x = device.FromFloats([1, 2, 3], new Shape(3));
        driver.StayBehind();
        device.BeginDownload([x]).Dispose();
        Assert.Equal(0, driver.Waits);
        device.ReleaseScratch();
        Assert.Equal(1, driver.Waits);
        Assert.Equal([1f, 2, 3], device.ToFloats(x));
    }

    [SkippableFact]
    public void ReleaseScratch_DeviceLost_SaysNothing()
    {
        const int IllegalAddress = 700;
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        using var x = device.FromFloats([1, 2, 3], new Shape(3));
        device.Allocate(new Shape(5000)).Dispose();
        device.BeginDownload([x]).Dispose();
        driver.FailAt(1, IllegalAddress);
        Assert.Throws<DeviceLostException>(device.Synchronize);
        device.ReleaseScratch();
        device.Trim();
        Assert.Throws<DeviceLostException>(device.Synchronize);
    }

    [SkippableFact]
    public void ReleaseScratch_SpareBlocks_GoBackToTheDriver()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        long before = driver.Live;
        device.Allocate(new Shape(5000)).Dispose();
        Assert.Equal(before + 1, driver.Live);
        device.ReleaseScratch();
        Assert.InRange(driver.Live, 0, before);
    }

    [SkippableFact]
    public void Upload_DeviceBehind_WaitsOnlyWhenBothPagesAreFull()
    {
        using var driver = new EmulatedDriver(capability: 70);
        using var device = driver.Open();
        using var small = device.Allocate(new Shape(64));
        using var large = device.Allocate(new Shape(1 << 20));
        driver.StayBehind();
        float[] few = new float[64], many = new float[1 << 20];
        for (int i = 0; i < 1000; i++) device.Write(few, small);
        Assert.Equal(0, driver.Waits);
        for (int i = 0; i < 4; i++) device.Write(many, large);
        Assert.InRange(driver.Waits, 1, 4);
        device.Synchronize();
        Assert.Equal(many, device.ToFloats(large));
    }

    [SkippableTheory]
    [InlineData(70)]
    [InlineData(75)]
    [InlineData(86)]
    public void Attention_LongHeads_FitTheSharedMemoryThereIs(int capability)
    {
        using var driver = new EmulatedDriver(capability);
        using Device device = driver.Open(), reference = DeviceRegistry.Default.Open("ref");
        foreach (int headDim in (int[])[129, 256])
            Passes(AttentionCases.Attention(new AttentionShape(2, 1, headDim, "pattern window"), "long heads", [new(0, 3, 1, 5), new(3, 1, 0, 40)]));
        Passes(ScoreCases.QkScores(new AttentionShape(2, 1, 400, "rope"), QkScoreForm.Exact, [3, 17]));

        void Passes(OperatorCase one)
        {
            var result = Diagnostics.SelfTest.Run(device, reference, one);
            Assert.True(result.Passed, $"{result.Case}: {result.Failure}");
        }
    }

    [SkippableFact]
    public void Attention_InTheSmallerTile_HasTheSameBits()
    {
        Assert.Equal(Bits(75), Bits(80));

        static float[] Bits(int capability)
        {
            using var device = EmulatedDriver.OpenDevice(capability);
            using var bench = new CaseBench(device, 3, withBounds: false);
            using var x = device.FromFloats(bench.Normal(37 * 256), new Shape(37, 256));
            using var y = device.Allocate(new Shape(37, 256));
            device.Ops.Attention(x, x, x, y, new AttentionSpec { Heads = 1, KvHeads = 1, HeadDim = 256, Scale = 0.1f }, SequenceLayout.Packed([37]));
            return device.ToFloats(y);
        }
    }

    [SkippableFact]
    public void ColumnStats_MoreSequencesThanAGridIsWide_AreAllTaken()
    {
        const int Sequences = 65_600;
        using var device = EmulatedDriver.OpenDevice(capability: 70);
        var lengths = new int[Sequences];
        Array.Fill(lengths, 1);
        float[] values = [.. Enumerable.Range(0, Sequences).Select(i => i - 7f)];
        using var x = device.FromFloats(values, new Shape(Sequences, 1));
        using var stats = new TapStats(device, Sequences, 1);
        device.Ops.ColumnStats(x, SequenceLayout.Packed(lengths), stats);
        Assert.Equal(values, device.ToFloats(stats.Max));
    }

    [Theory]
    [InlineData(214)]
    [InlineData(226)]
    [InlineData(700)]
    [InlineData(719)]
    [InlineData(721)]
    [InlineData(809)]
    [InlineData(911)]
    public void Errors_ThatPoisonAContext_SaySoAndHowToGoOn(int code)
    {
        var error = CudaErrors.Of("cuLaunchKernel", (CudaStatus)code, "A_NAME", "cuda:0", "a kernel");
        Assert.IsType<DeviceLostException>(error);
        Assert.Contains("nothing more can run in its context", error.What, StringComparison.Ordinal);
        Assert.Contains("start the same command again", error.Hint, StringComparison.Ordinal);
        Assert.Contains($"cuLaunchKernel returned A_NAME ({code})", error.Found, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Launch_TooLongAside_IsSaid()
    {
        using var device = (CudaDevice)EmulatedDriver.OpenDevice(capability: 70);
        using var x = device.Allocate(new Shape(1));
        device.Arguments.Clear().Add(x.View).Add(x.View).Add(x.View).Add(1L);
        var error = Assert.Throws<KernelException>(() => device.Launch("add", new GpuGrid(1, 65_536, 1, 256)));
        Assert.Contains("65535", error.Expected, StringComparison.Ordinal);
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
