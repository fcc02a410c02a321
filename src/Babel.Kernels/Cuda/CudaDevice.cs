using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>An NVIDIA GPU, by the driver alone.</summary>
internal sealed class CudaDevice : GpuDevice
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly CudaStaging _staging;
    private readonly CudaPool _pool;
    private readonly CudaKernels _kernels;

    /// <summary>Takes a lease of the GPU and has its kernels compiled.</summary>
    /// <exception cref="DeviceUnavailableException">It gives no context, or its driver cannot compile the kernels.</exception>
    internal CudaDevice(CudaApi api, CudaDeviceFacts facts, Precision asked)
        : base(budget: null)
    {
        Facts = facts;
        WhyNotTensorCores = facts.WhyNoTensorCores;
        _context = CudaContext.Open(api, facts);
        try
        {
            _pool = new CudaPool(_context, budget: null);
            _stream = new CudaStream(_context);
            _staging = new CudaStaging(_context, _stream);
            _kernels = new CudaKernels(_context, _stream);
            var tensorCores = WhyNotTensorCores is null ? Checked(asked) : null;
            if (tensorCores is not null) Precision = asked;
            else if (asked == Precision.Fast) WhyNotFast = WhyNotTensorCores;
            Ops = new CheckedOps(this, new CudaOps(this, tensorCores));
        }
        catch
        {
            Dispose(disposing: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name => $"cuda:{Facts.Ordinal}";

    /// <inheritdoc/>
    public override string Description => $"{Facts.Describe()}, {(WhyNotTensorCores is null ? "tensor cores for bf16 weights" : $"no tensor cores: {WhyNotTensorCores}")}";

    /// <inheritdoc/>
    public override Precision Precision { get; } = Precision.Exact;

    /// <inheritdoc/>
    public override string? WhyNotFast { get; }

    /// <summary>Why products keep to the float units, or null where tensor cores compute those they can.</summary>
    public string? WhyNotTensorCores { get; private set; }

    /// <inheritdoc/>
    public override IOps Ops { get; }

    /// <inheritdoc/>
    public override GpuTuning Tuning { get; } = new() { Lanes = 1, RowLocal = 256, Panel = 1, FlatLocal = 256, AttentionLocal = 64 };

    /// <summary>What the driver says about the GPU.</summary>
    internal CudaDeviceFacts Facts { get; }

    /// <inheritdoc/>
    public override void Launch(string kernel, GpuGrid grid) => Launch(kernel, grid, sharedBytes: 0);

    /// <summary>Enqueues a kernel with the next launch's arguments and dynamic shared memory.</summary>
    public void Launch(string kernel, GpuGrid grid, int sharedBytes) => _kernels.Launch(kernel, grid, sharedBytes, Arguments);

    /// <inheritdoc/>
    public override void Copy(TensorView source, TensorView destination)
    {
        int size = source.DType.Size();
        _context.Copy(
            ((CudaMemory)source.Memory).Address + (ulong)(source.Offset * size),
            ((CudaMemory)destination.Memory).Address + (ulong)(destination.Offset * size),
            source.Count * size,
            _stream);
    }

    /// <inheritdoc/>
    public override void CopyIn(ReadOnlySpan<byte> source, GpuMemory destination, long offset) =>
        _staging.Upload(source, ((CudaMemory)destination).Address + (ulong)offset);

    /// <inheritdoc/>
    public override void CopyOut(GpuMemory source, long offset, Span<byte> destination) =>
        _staging.Download(((CudaMemory)source).Address + (ulong)offset, destination);

    /// <inheritdoc/>
    public override void Clear(GpuMemory memory) => _context.Clear(((CudaMemory)memory).Address, memory.Bytes, _stream);

    /// <inheritdoc/>
    public override void Synchronize() => _stream.Synchronize();

    /// <inheritdoc/>
    protected override GpuMemory AllocateMemory(long bytes, string purpose) => new CudaMemory(this, _pool, bytes, purpose);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;

        // Every part holds the context until it is released itself; the device stands still before its memory goes.
        _kernels?.Dispose();
        _staging?.Dispose();
        _stream?.Dispose();
        _pool?.Dispose();
        _context.Dispose();
    }

    /// <summary>The products on tensor cores, if they compute rightly on this device.</summary>
    private TensorProducts? Checked(Precision asked)
    {
        _kernels.LoadTensorCores(_context);
        var products = new TensorProducts(this, asked);
        if (TensorCheck.Failure(this, products, asked) is not { } failure) return products;
        WhyNotTensorCores = $"they failed their check ({failure})";
        return null;
    }
}
