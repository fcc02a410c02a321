using Babel.Kernels.Errors;
using Babel.Kernels.Interop;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests;

public sealed class TensorTests : IDisposable
{
    private readonly ReferenceDevice _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Shape_RowsColumnsCount_OfEveryRank()
    {
        Assert.Equal((1, 5, 5), Extents(new Shape(5)));
        Assert.Equal((2, 3, 6), Extents(new Shape(2, 3)));
        Assert.Equal((6, 4, 24), Extents(new Shape(2, 3, 4)));
        Assert.Equal((24, 5, 120), Extents(new Shape(2, 3, 4, 5)));

        static (long Rows, long Columns, long Count) Extents(Shape shape) => (shape.Rows, shape.Columns, shape.Count);
    }

    [Fact]
    public void Shape_NegativeOrOverflowing_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(2, 3)[2]);
        Assert.Throws<OverflowException>(() => new Shape(long.MaxValue / 2, 3).Count);
    }

    [Fact]
    public void View_Rows_AddressesTheRows()
    {
        using var x = _device.FromFloats([0, 1, 2, 3, 4, 5], new Shape(3, 2));
        Assert.Equal([2, 3, 4, 5], _device.ToFloats(x.View.Rows(1, 2)));
        Assert.Equal([4, 5], _device.ToFloats(x.View.Rows(1, 2).Rows(1, 1)));
        Assert.Equal(0, x.View.Rows(3, 0).Count);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 4)]
    [InlineData(3, 1)]
    [InlineData(1, -1)]
    public void View_RowsOutside_AreRefused(long start, long count)
    {
        using var x = _device.Allocate(new Shape(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.View.Rows(start, count));
    }

    [Fact]
    public void View_Reshape_KeepsTheCount()
    {
        using var x = _device.Allocate(new Shape(3, 2));
        Assert.Equal(new Shape(6), x.View.Reshape(new Shape(6)).Shape);
        Assert.Throws<ArgumentException>(() => x.View.Reshape(new Shape(5)));
    }

    [Fact]
    public void View_SpanOfAnotherSize_IsRefused()
    {
        using var x = _device.Allocate(new Shape(3));
        Assert.Throws<KernelException>(() => x.View.Span<float>().Length);
    }

    [Fact]
    public void HostMemory_OutOfRange_IsRefused()
    {
        using var memory = new HostMemory(_device, 64);
        Assert.Equal(16, memory.Span<float>(0, 16).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span<float>(1, 16).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span<float>(-1, 1).Length);
    }

    [Fact]
    public void HostMemory_Disposed_IsRefused()
    {
        var x = _device.Allocate(new Shape(3));
        x.Dispose();
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => x.View.Span<double>().Length);
        Assert.Throws<ObjectDisposedException>(() => _device.ToDoubles(x));
    }

    [Fact]
    public void HostMemory_MoreThanThereIs_IsADeviceMemoryError()
    {
        var error = Assert.Throws<DeviceMemoryException>(() => _device.Allocate(new Shape(1L << 57)));
        Assert.Equal("ref", error.Where);
    }

    [Fact]
    public void Copy_OfAnotherLength_IsRefused()
    {
        using var x = _device.Allocate(new Shape(3));
        Assert.Throws<KernelException>(() => _device.Upload(new byte[23], x));
        Assert.Throws<KernelException>(() => _device.Download(x, new byte[25]));
    }

    [Fact]
    public void Weight_WriteOutside_IsRefused()
    {
        using var w = _device.CreateWeight(DType.BF16, 3, 2, "w");
        Assert.Throws<KernelException>(() => w.Write(0, new byte[5]));
        Assert.Throws<KernelException>(() => w.Write(2, new byte[8]));
        Assert.Throws<KernelException>(() => w.Write(-1, new byte[4]));
        Assert.Throws<KernelException>(() => _device.CreateWeight(DType.I32, 1, 1, "w"));
    }

    [Fact]
    public void Weight_Disposed_IsRefused()
    {
        var w = new ReferenceWeight(_device, DType.F32, 1, 1, "w");
        w.Dispose();
        Assert.Throws<ObjectDisposedException>(() => w.Row(0).Length);
    }

    [Fact]
    public void Layout_GapsAndMissingKeys_AreRefused()
    {
        Assert.Throws<KernelException>(() => new SequenceLayout([new SequenceSpan(1, 1, 0, 1)]));
        Assert.Throws<KernelException>(() => new SequenceLayout([new SequenceSpan(0, 2, 0, 1)]));
        Assert.Throws<KernelException>(() => new SequenceLayout([new SequenceSpan(0, 0, 0, 1)]));
        Assert.Throws<KernelException>(() => new SequenceLayout([new SequenceSpan(0, 1, -1, 1)]));
    }
}
