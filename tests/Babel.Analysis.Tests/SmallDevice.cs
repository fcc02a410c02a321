using Babel.Kernels;
using Babel.Kernels.Errors;

namespace Babel.Analysis.Tests;

/// <summary>The processor, as if it had no room for a tensor of more than so many bytes.</summary>
internal sealed class SmallDevice(long largest) : Device
{
    private readonly Device _inner = DeviceRegistry.Default.Open("cpu");

    /// <summary>How often there was no room.</summary>
    public int Refusals { get; private set; }

    public override string Name => _inner.Name;

    public override string Description => _inner.Description;

    public override DType ComputeType => _inner.ComputeType;

    public override IOps Ops => _inner.Ops;

    public override Tensor Allocate(DType dtype, Shape shape)
    {
        long bytes = shape.Count * dtype.Size();
        if (bytes <= largest) return _inner.Allocate(dtype, shape);
        Refusals++;
        throw new DeviceMemoryException("the device has no room", Name, $"at most {largest} bytes", $"{bytes} bytes");
    }

    public override Weight CreateWeight(DType storage, long rows, long columns, string name) => _inner.CreateWeight(storage, rows, columns, name);

    public override void Upload(ReadOnlySpan<byte> source, TensorView destination) => _inner.Upload(source, destination);

    public override void Download(TensorView source, Span<byte> destination) => _inner.Download(source, destination);

    protected override void Dispose(bool disposing) => _inner.Dispose();
}
