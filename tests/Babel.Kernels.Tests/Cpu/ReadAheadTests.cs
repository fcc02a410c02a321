using System.Runtime.InteropServices;
using Babel.Kernels.Cpu;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class ReadAheadTests
{
    [Fact]
    public void Linear_OfOneRow_LearnsWhatFollows_AndWhatIsReleasedDoesNoHarm()
    {
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(2));
        using var x = device.FromFloats([.. Enumerable.Range(0, 256).Select(i => i / 256f)], new Shape(1, 256));
        using var y = device.Allocate(new Shape(1, 512));
        using var first = Filled(device, "first");
        var second = Filled(device, "second");
        for (int round = 0; round < 3; round++)
        {
            device.Ops.Linear(x, first, y);
            device.Ops.Linear(x, second, y);
        }

        Assert.Same(second, first.Follower);
        Assert.Same(first, second.Follower);
        float[] before = device.ToFloats(y);
        second.Dispose();
        Assert.True(second.IsReleased);
        for (int round = 0; round < 3; round++) device.Ops.Linear(x, first, y);
        Assert.Equal(before, device.ToFloats(y));
        Assert.Same(first, first.Follower);
    }

    private static CpuWeight Filled(Device device, string name)
    {
        var weight = (CpuWeight)device.CreateWeight(DType.F32, 512, 256, name);
        float[] rows = [.. Enumerable.Range(0, 512 * 256).Select(i => (i % 97) - 48f)];
        weight.Write(0, MemoryMarshal.AsBytes<float>(rows));
        return weight;
    }
}
