using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>An NVIDIA GPU, by the driver alone.</summary>
internal sealed class CudaDevice : GpuDevice, IDeviceCeilings
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly CudaStaging _staging;
    private readonly CudaPool _pool;
    private readonly CudaKernels _kernels;
    private readonly List<TensorMap> _maps = [];

    /// <summary>Takes a lease of the GPU and has its kernels compiled.</summary>
    /// <exception cref="DeviceUnavailableException">It gives no context, or its driver cannot compile the kernels.</exception>
    internal CudaDevice(CudaApi api, CudaDeviceFacts facts, DeviceOptions options)
        : base(options.MemoryBudget)
    {
        Facts = facts;
        WhyNotTensorCores = facts.WhyNoTensorCores;
        _context = CudaContext.Open(api, facts);
        try
        {
            _pool = new CudaPool(_context, options.MemoryBudget);
            _stream = new CudaStream(_context);
            _staging = new CudaStaging(_context, _stream);
            _kernels = new CudaKernels(_context, _stream);
            var tensorCores = WhyNotTensorCores is null ? Checked(options.Precision) : null;
            if (tensorCores is not null) Precision = options.Precision;
            else if (options.Precision == Precision.Fast) WhyNotFast = WhyNotTensorCores;
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
    public override string Description
    {
        get
        {
            string cores = Engine is null ? "no tensor cores" : $"tensor cores for bf16 weights ({Engine})";
            return $"{Facts.Describe()}, {cores}{(WhyNotTensorCores is null ? "" : $": {WhyNotTensorCores}")}";
        }
    }

    /// <inheritdoc/>
    public override Precision Precision { get; } = Precision.Exact;

    /// <inheritdoc/>
    public override string? WhyNotFast { get; }

    /// <summary>The instructions products on tensor cores use, or null where none do.</summary>
    public string? Engine { get; private set; }

    /// <summary>Why a family of kernels for tensor cores is not used; null where the best one there is, is used.</summary>
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
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks and threads.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="leading">Where arguments before <see cref="GpuDevice.Arguments"/> lie that are larger than 8 bytes.</param>
    public void Launch(string kernel, GpuGrid grid, int sharedBytes, ReadOnlySpan<nint> leading = default) =>
        _kernels.Launch(kernel, grid, sharedBytes, leading, Arguments);

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
    public DeviceCeilings MeasureCeilings() => CudaCeilings.Measure(this);

    /// <inheritdoc/>
    protected override GpuMemory AllocateMemory(long bytes, string purpose) => new CudaMemory(this, _pool, bytes, purpose);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;

        // Every part holds the context until it is released itself; the device stands still before its memory goes.
        foreach (var map in _maps) map.Dispose();
        _kernels?.Dispose();
        _staging?.Dispose();
        _stream?.Dispose();
        _pool?.Dispose();
        _context.Dispose();
    }

    /// <summary>
    /// Products on tensor cores, by the first family of kernels that computes rightly on this device; null where none does.
    /// </summary>
    private TensorProducts? Checked(Precision asked)
    {
        _kernels.Load("tensor.sm_80.ptx");
        if (Facts.Capability == HopperEngine.Capability && _context.HasTensorMaps)
        {
            _kernels.Load("hopper.sm_90a.ptx");
            _maps.AddRange([new TensorMap(_context), new TensorMap(_context), new TensorMap(_context)]);
            if (Checked(asked, new HopperEngine(this, _maps[0], _maps[1], _maps[2])) is { } best)
            {
                Engine = "wgmma";
                return best;
            }
        }

        var products = Checked(asked, new WarpEngine(this));
        Engine = products is null ? null : "mma.sync";
        return products;
    }

    private TensorProducts? Checked(Precision asked, ITensorEngine engine)
    {
        var products = new TensorProducts(this, asked, engine);
        if (TensorCheck.Failure(this, products, asked) is not { } failure) return products;
        WhyNotTensorCores = $"they failed their check ({failure})";
        return null;
    }
}
