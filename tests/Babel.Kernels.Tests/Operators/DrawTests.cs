using Babel.Kernels.Errors;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

public sealed class DrawTests
{
    private const int Rows = 70;
    private const int Columns = 33;

    /// <summary>One with a small width: halves below 2^-14, where they have fewer digits.</summary>
    private static readonly UniformNumbers s_small = new(UniformNumbers.KeyOf(7, "small"u8), 0, 1e-4f);

    private static readonly UniformNumbers s_large = new(UniformNumbers.KeyOf(7, "large"u8), 1, 3);

    public static TheoryData<string, DType> Cases
    {
        get
        {
            var data = new TheoryData<string, DType>();
            foreach (string name in TestDevices.Names)
            {
                foreach (var storage in (DType[])[DType.F32, DType.F16, DType.BF16]) data.Add(name, storage);
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Draw_HasTheBitsOfTheHost(string name, DType storage)
    {
        using var device = TestDevices.Open(name);
        Compare(device, storage);
    }

    [SkippableTheory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    public void Draw_OnAGpuOfFastPrecision_RoundsTwice(DType storage)
    {
        using var device = Babel.Testing.Cuda.EmulatedDriver.OpenDevice(precision: Precision.Fast);
        Compare(device, storage);
    }

    [Fact]
    public void Draw_PastTheEnd_IsRefused()
    {
        using var device = TestDevices.Open("ref");
        using var weight = device.CreateWeight(DType.F32, 4, 3, "w");
        Assert.Throws<KernelException>(() => weight.Draw(2, 3, s_small, 0, 3, 1));
        using var wide = device.CreateWeight(DType.F64, 4, 3, "w");
        Assert.Throws<KernelException>(() => wide.Draw(0, 4, s_small, 0, 3, 1));
    }

    /// <summary>The first rows in their own order, the others as columns of a matrix of 100, against rows written from the host.</summary>
    private static void Compare(Device device, DType storage)
    {
        const int Straight = 41, Total = 100;
        using Weight drawn = device.CreateWeight(storage, Rows, Columns, "drawn"), written = device.CreateWeight(storage, Rows, Columns, "written");
        drawn.Draw(0, Straight, s_small, 5, Columns, 1);
        drawn.Draw(Straight, Rows - Straight, s_large, 3, 1, Total);
        byte[] row = new byte[Columns * storage.Size()];
        for (int r = 0; r < Rows; r++)
        {
            if (r < Straight) s_small.Fill(storage, 5 + (r * Columns), 1, row);
            else s_large.Fill(storage, 3 + (r - Straight), Total, row);
            written.Write(r, row);
        }

        Assert.Equal(Values(device, written), Values(device, drawn));
        Assert.InRange(Values(device, drawn).Skip(Straight * Columns).Average(), 0.9, 1.1);
    }

    private static double[] Values(Device device, Weight weight)
    {
        using var ids = device.FromInts([.. Enumerable.Range(0, Rows)], new Shape(Rows));
        using var output = device.Allocate(new Shape(Rows, Columns));
        device.Ops.Embed(ids, weight, output);
        return device.ToDoubles(output);
    }
}
