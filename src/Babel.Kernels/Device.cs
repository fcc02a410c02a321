using System.Runtime.InteropServices;

namespace Babel.Kernels;

/// <summary>
/// Something that computes: it owns memory, weights and the operators that work on them. Not thread-safe: one run, one device.
/// </summary>
public abstract class Device : IDisposable
{
    /// <summary>The name that opens this device again: <c>cpu</c>, <c>cpu:avx2</c>, <c>ref</c>, <c>opencl:0</c>, <c>cuda:1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in words: processor, driver, instruction set, threads.</summary>
    public abstract string Description { get; }

    /// <summary>The type activations have and operators compute in: F32, or F64 on <c>ref</c>.</summary>
    public abstract DType ComputeType { get; }

    /// <summary>What products by weights are computed in: what was asked for, or <see cref="Precision.Exact"/> where there is nothing else.</summary>
    public virtual Precision Precision => Precision.Exact;

    /// <summary>Why <see cref="Precision.Fast"/> was asked for and this device computes exactly all the same; null otherwise.</summary>
    public virtual string? WhyNotFast => null;

    /// <summary>Whether it was closed.</summary>
    protected bool IsDisposed { get; private set; }

    /// <summary>The operators.</summary>
    public abstract IOps Ops { get; }

    /// <summary>Allocates a tensor; its contents are undefined.</summary>
    /// <exception cref="Errors.DeviceMemoryException">The device has no room.</exception>
    public abstract Tensor Allocate(DType dtype, Shape shape);

    /// <summary>Allocates an activation tensor, of <see cref="ComputeType"/>.</summary>
    public Tensor Allocate(Shape shape) => Allocate(ComputeType, shape);

    /// <summary>Allocates a weight, to be filled with <see cref="Weight.Write"/>.</summary>
    public abstract Weight CreateWeight(DType storage, long rows, long columns, string name);

    /// <summary>Memory a weight would take here, padding included: <see cref="Weight.Bytes"/> before it is made.</summary>
    public virtual long WeightBytes(DType storage, long rows, long columns) => checked(rows * columns * storage.Size());

    /// <summary>About how much memory operators use besides their operands.</summary>
    public virtual long ScratchBytes(OperatorLoad load) => 0;

    /// <summary>The most memory that tensors, weights and operators have held at a time; null where it is the process' own, and not counted.</summary>
    public virtual long? MostBytes => null;

    /// <summary>Copies bytes from the host; the length must be the view's.</summary>
    public abstract void Upload(ReadOnlySpan<byte> source, TensorView destination);

    /// <summary>Copies bytes to the host, after everything enqueued before; the length must be the view's.</summary>
    public abstract void Download(TensorView source, Span<byte> destination);

    /// <summary>
    /// Whether operators and uploads return before they are done, one after the other in the order of the calls. What they use may be written to or disposed
    /// by later calls all the same; only the host has to wait.
    /// </summary>
    public virtual bool RunsBehind => false;

    /// <summary>
    /// Begins to copy tensors to the host, after everything enqueued before, and does not wait where the device <see cref="RunsBehind"/>.
    /// </summary>
    public virtual PendingDownload BeginDownload(IReadOnlyList<TensorView> sources) => new CopiedDownload(sources);

    /// <summary>Waits until everything enqueued is done. The operators themselves do not wait.</summary>
    public virtual void Synchronize()
    {
    }

    /// <summary>
    /// Gives back what operators keep between calls, so that it can be allocated otherwise; the next calls take it again. After the device
    /// had no room, before smaller batches are tried.
    /// </summary>
    public virtual void ReleaseScratch()
    {
    }

    /// <summary>Gives back what operators keep of a layout, which comes no more; they would otherwise keep it until nobody holds the object.</summary>
    public virtual void Release(SequenceLayout layout)
    {
    }

    /// <summary>Allocates an I32 tensor (ids, positions, targets) and fills it.</summary>
    public Tensor FromInts(ReadOnlySpan<int> values, Shape shape)
    {
        var tensor = Allocate(DType.I32, shape);
        try
        {
            Upload(MemoryMarshal.AsBytes(values), tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Allocates an activation tensor and fills it, converting to <see cref="ComputeType"/>.</summary>
    public Tensor FromFloats(ReadOnlySpan<float> values, Shape shape)
    {
        var tensor = Allocate(shape);
        try
        {
            Write(values, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Fills an activation tensor, converting to its type (F32 or F64).</summary>
    public void Write(ReadOnlySpan<float> values, TensorView destination)
    {
        if (destination.DType == DType.F32)
        {
            Upload(MemoryMarshal.AsBytes(values), destination);
            return;
        }

        var wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = values[i];
        Upload(MemoryMarshal.AsBytes<double>(wide), destination);
    }

    /// <summary>Reads a floating tensor back as float32 (F64 is rounded).</summary>
    public float[] ToFloats(TensorView source)
    {
        var values = new float[source.Count];
        Read(source, values);
        return values;
    }

    /// <summary>Reads a floating tensor back into <paramref name="destination"/> as float32 (F64 is rounded).</summary>
    public void Read(TensorView source, Span<float> destination)
    {
        if (source.DType == DType.F32)
        {
            Download(source, MemoryMarshal.AsBytes(destination));
            return;
        }

        var wide = ToDoubles(source);
        for (int i = 0; i < wide.Length; i++) destination[i] = (float)wide[i];
    }

    /// <summary>Reads a floating tensor back as float64; exact.</summary>
    public double[] ToDoubles(TensorView source)
    {
        var values = new double[source.Count];
        if (source.DType == DType.F64)
        {
            Download(source, MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        var narrow = ToFloats(source);
        for (int i = 0; i < values.Length; i++) values[i] = narrow[i];
        return values;
    }

    /// <summary>Reads an I32 tensor back.</summary>
    public int[] ToInts(TensorView source)
    {
        var values = new int[source.Count];
        Download(source, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Gives memory that was released, and is kept to be used again, back to the system; for when something else comes next.</summary>
    public virtual void Trim()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases threads, contexts and pools, once. Tensors and weights are released by their owners, before.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
