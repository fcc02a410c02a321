using Babel.Kernels.Diagnostics;
using Babel.Kernels.Interop;

namespace Babel.Kernels.Reference;

/// <summary>
/// <c>ref</c>: float64, one number at a time, every operator written like its equation. It is the oracle the other devices are tested
/// against, and a whole model runs on it where a result has to be beyond doubt.
/// </summary>
public sealed class ReferenceDevice : Device
{
    /// <summary>Opens the oracle; it holds no resources of its own.</summary>
    public ReferenceDevice() => Ops = new CheckedOps(this, new ReferenceOps());

    /// <inheritdoc/>
    public override string Name => "ref";

    /// <inheritdoc/>
    public override string Description => "float64, scalar";

    /// <inheritdoc/>
    public override DType ComputeType => DType.F64;

    /// <inheritdoc/>
    public override IOps Ops { get; }

    /// <inheritdoc/>
    public override Tensor Allocate(DType dtype, Shape shape) =>
        new(new HostMemory(this, checked(shape.Count * dtype.Size())), dtype, shape);

    /// <inheritdoc/>
    public override Weight CreateWeight(DType storage, long rows, long columns, string name) =>
        new ReferenceWeight(this, storage, rows, columns, name);

    /// <inheritdoc/>
    public override long WeightBytes(DType storage, long rows, long columns) => checked(rows * columns * sizeof(double));

    /// <inheritdoc/>
    public override void Trim() => HostHeap.Trim();

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<byte> source, TensorView destination) => HostCopy.Upload(source, destination);

    /// <inheritdoc/>
    public override void Download(TensorView source, Span<byte> destination) => HostCopy.Download(source, destination);
}
