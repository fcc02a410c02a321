using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Gpu;

/// <summary>
/// What OpenCL and CUDA devices share: float32 tensors in buffers of their own, weights in panels, and operators that enqueue kernels on one
/// in-order queue and do not wait. A subclass knows the driver: how to allocate, copy and launch.
/// </summary>
/// <remarks>
/// Only <see cref="Device.Synchronize"/> and <see cref="Device.Download"/> wait. What is enqueued runs in order, so scratch memory may be
/// used again by the next operator at once.
/// </remarks>
internal abstract class GpuDevice : Device
{
    /// <summary>Prepares a device; the subclass opens it.</summary>
    protected GpuDevice()
    {
        Scratch = new GpuScratch(this);
        Layouts = new GpuLayouts(this);
    }

    /// <inheritdoc/>
    public sealed override DType ComputeType => DType.F32;

    /// <summary>How the kernels are cut to this device.</summary>
    public abstract GpuTuning Tuning { get; }

    /// <summary>The arguments of the next launch.</summary>
    public GpuArguments Arguments { get; } = new();

    /// <summary>What operators use while they run.</summary>
    public GpuScratch Scratch { get; }

    /// <summary>Where the sequences of a batch lie, on the device.</summary>
    public GpuLayouts Layouts { get; }

    /// <summary>Bytes of the blocks that tensors, weights and operators hold.</summary>
    public long BytesInUse => Pool.Used;

    /// <inheritdoc/>
    public sealed override long? MostBytes => Pool.MostUsed;

    /// <inheritdoc/>
    public sealed override bool RunsBehind => true;

    /// <summary>Its memory.</summary>
    protected abstract GpuPool Pool { get; }

    /// <summary>Where downloads that nobody waits for arrive.</summary>
    protected abstract GpuLandings Landings { get; }

    /// <inheritdoc/>
    public sealed override Tensor Allocate(DType dtype, Shape shape) =>
        new(Reserve(checked(shape.Count * dtype.Size()), dtype + shape.ToString()), dtype, shape);

    /// <inheritdoc/>
    public sealed override Weight CreateWeight(DType storage, long rows, long columns, string name) =>
        new GpuWeight(this, storage, rows, columns, name);

    /// <inheritdoc/>
    public sealed override long WeightBytes(DType storage, long rows, long columns) =>
        GpuWeight.BytesOf(this, storage, rows, columns);

    /// <inheritdoc/>
    public override long ScratchBytes(OperatorLoad load) => GpuFootprint.Of(load) + (Tuning.Panel > 1 ? GpuWeight.PieceBytes : 0);

    /// <inheritdoc/>
    public sealed override void Upload(ReadOnlySpan<byte> source, TensorView destination)
    {
        CheckCopy(destination, source.Length);
        var memory = (GpuMemory)destination.Memory;
        if (destination.DType == DType.I32) memory.Remember(MemoryMarshal.Cast<byte, int>(source), destination.Offset);
        if (source.Length > 0) CopyIn(source, memory, destination.Offset * destination.DType.Size());
    }

    /// <inheritdoc/>
    public sealed override void Download(TensorView source, Span<byte> destination)
    {
        CheckCopy(source, destination.Length);
        if (destination.Length > 0) CopyOut((GpuMemory)source.Memory, source.Offset * source.DType.Size(), destination);
    }

    /// <inheritdoc/>
    public sealed override PendingDownload BeginDownload(IReadOnlyList<TensorView> sources)
    {
        foreach (var source in sources) CheckCopy(source, source.Count * source.DType.Size());
        return Landings.Begin(sources);
    }

    /// <inheritdoc/>
    public sealed override void Release(SequenceLayout layout) => Layouts.Release(layout);

    /// <inheritdoc/>
    public sealed override void ReleaseScratch()
    {
        Scratch.Dispose();
        Layouts.Dispose();
        Landings.Trim();
        Pool.Trim();
    }

    /// <inheritdoc/>
    public sealed override void Trim() => Pool.Trim();

    /// <summary>Enqueues a kernel of the sources under <c>Gpu/Kernels</c> with <see cref="Arguments"/>.</summary>
    public abstract void Launch(string kernel, GpuGrid grid);

    /// <summary>Enqueues a copy between tensors of the same size.</summary>
    public abstract void Copy(TensorView source, TensorView destination);

    /// <summary>Copies from the host, after everything enqueued before. The source may be used again when this returns.</summary>
    public abstract void CopyIn(ReadOnlySpan<byte> source, GpuMemory destination, long offset);

    /// <summary>Copies to the host, after everything enqueued before, and waits for it.</summary>
    public abstract void CopyOut(GpuMemory source, long offset, Span<byte> destination);

    /// <summary>Enqueues setting a whole block to zeros.</summary>
    public abstract void Clear(GpuMemory memory);

    /// <summary>Allocates a block within the budget, not cleared.</summary>
    /// <exception cref="DeviceMemoryException">The budget or the device has no room.</exception>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    public GpuMemory Reserve(long bytes, string purpose)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new GpuMemory(this, Pool, bytes, purpose);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        Scratch.Dispose();
        Layouts.Dispose();
    }

    private void CheckCopy(TensorView view, long length)
    {
        long bytes = view.Count * view.DType.Size();
        if (bytes != length)
            throw new KernelException("a copy between host and tensor does not fit", Name, $"{bytes} bytes for {view}", $"{length} bytes");
        if (!ReferenceEquals(view.Device, this)) throw new KernelException("a tensor of another device was copied", Name, found: view.ToString());
        if (view.Offset < 0 || checked((view.Offset + view.Count) * view.DType.Size()) > view.Memory.Bytes)
            throw new KernelException("a copy goes past the end of its block", Name, $"{view.Memory.Bytes} bytes", $"{view} from element {view.Offset}");
        ObjectDisposedException.ThrowIf(view.Memory.IsClosed, view.Memory);
    }
}
