using Babel.Kernels.Diagnostics.Cases;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>A row of a product has the same bits whatever tile its batch is computed in.</summary>
public class CudaInvarianceTests
{
    private const int Rows = 300;
    private const int Inner = 72;
    private const int Outer = 290;

    [SkippableTheory]
    [InlineData(70, DType.F32)]
    [InlineData(70, DType.BF16)]
    [InlineData(80, DType.BF16)]
    [InlineData(90, DType.BF16)]
    public void Products_AnyBatch_SameBits(int capability, DType storage)
    {
        using var device = EmulatedDriver.OpenDevice(capability);
        using var bench = new CaseBench(device, 11, withBounds: false);
        using var x = device.FromFloats(bench.Normal(Rows * Inner), new Shape(Rows, Inner));
        using var gate = Weight(device, bench, storage);
        using var up = Weight(device, bench, storage);
        var (product, gated) = Products(device, x, gate, up, 0, Rows);
        foreach (var (start, count) in new[] { (0, 1), (17, 1), (40, 16), (41, 70), (150, 150) })
        {
            var (alone, aloneGated) = Products(device, x, gate, up, start, count);
            Assert.Equal(product.AsSpan(start * Outer, count * Outer).ToArray(), alone);
            Assert.Equal(gated.AsSpan(start * Outer, count * Outer).ToArray(), aloneGated);
        }
    }

    private static Weight Weight(Device device, CaseBench bench, DType storage)
    {
        var weight = device.CreateWeight(storage, Outer, Inner, "w");
        weight.Write(0, Storage.Encode(Storage.Round(bench.Normal(Outer * Inner), storage), storage));
        return weight;
    }

    private static (float[] Product, float[] Gated) Products(Device device, Tensor x, Weight gate, Weight up, int start, int count)
    {
        using Tensor y = device.Allocate(new Shape(count, Outer)), z = device.Allocate(new Shape(count, Outer));
        device.Ops.Linear(x.View.Rows(start, count), gate, y);
        device.Ops.GatedLinear(x.View.Rows(start, count), gate, up, z, new GatedEpilogue { Activation = new(ActivationKind.Silu) });
        return (device.ToFloats(y), device.ToFloats(z));
    }
}
