using Babel.Kernels.Cpu;
using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class CpuDeviceTests
{
    [Fact]
    public void Open_WithoutArgument_TakesTheWidestVectors()
    {
        using var device = CpuCase.Open("cpu", 0);
        Assert.Equal(CpuSupport.Widest, device.InstructionSet);
        Assert.Equal(Environment.ProcessorCount, device.Threads);
        Assert.Equal("cpu", device.Name);
    }

    [Fact]
    public void Open_EachListedDevice_OpensUnderItsNameOrSaysWhyNot()
    {
        var provider = new CpuDeviceProvider();
        foreach (var info in provider.List())
        {
            if (info.Unavailable is { } reason)
            {
                var error = Assert.Throws<DeviceUnavailableException>(() => provider.Open(DeviceSpec.Parse(info.Name), new DeviceOptions()));
                Assert.Equal(reason, error.What);
                continue;
            }

            using var device = provider.Open(DeviceSpec.Parse(info.Name), new DeviceOptions(1));
            Assert.Equal(info.Name, device.Name);
        }
    }

    [Fact]
    public void Open_UnknownInstructionSet_NamesTheOnesThereAre()
    {
        var error = Assert.Throws<DeviceUnavailableException>(() => CpuCase.Open("cpu:avx1024"));
        Assert.Contains("avx512, avx2, vector128, scalar", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_InSteadyState_AllocateNothing()
    {
        const int M = 40, N = 96, K = 300;
        using var device = CpuCase.Open("cpu", 2);
        using var weight = CpuCase.Weight(device, CpuCase.Randoms(N * K, 1), N, K);
        using var x = device.FromFloats(CpuCase.Randoms(M * K, 2), new Shape(M, K));
        using var y = device.Allocate(new Shape(M, N));
        using var scores = device.Allocate(new Shape(M));
        using var targets = device.FromInts(new int[M], new Shape(M));
        using var stats = new TapStats(device, 1, N);
        var tap = new NeuronTap(Stats: stats, Layout: SequenceLayout.Packed([M]));
        var epilogue = new Epilogue { Activation = new(ActivationKind.GeluErf), Post = tap };
        var gated = new GatedEpilogue { Activation = new(ActivationKind.Silu), Post = tap };
        void All()
        {
            device.Ops.Linear(x, weight, y, epilogue);
            device.Ops.GatedLinear(x, weight, weight, y, gated);
            device.Ops.LogProb(x, weight, null, Activation.Identity, targets, scores);
        }

        // Code that is not optimised yet may box; on a busy machine it takes a while until all of it is.
        long allocated = -1;
        for (int round = 0; round < 100 && allocated != 0; round++)
        {
            if (round > 0) Thread.Sleep(50);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++) All();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }
}
