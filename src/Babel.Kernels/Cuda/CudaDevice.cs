using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>An NVIDIA GPU, by the driver alone.</summary>
internal sealed class CudaDevice : GpuDevice, IDeviceCeilings, IDeviceCopies
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly CudaStaging _staging;
    private readonly CudaPool _pool;
    private readonly GpuLandings _landings;
    private readonly CudaKernels _kernels;
    private readonly List<TensorMap> _maps = [];

    // What fast attention is computed with, for the description; null in exact precision.
    private string? _attention;

    /// <summary>Takes a lease of the GPU and has its kernels compiled.</summary>
    /// <param name="api">The driver.</param>
    /// <param name="facts">The GPU.</param>
    /// <param name="most">The newest units to be used.</param>
    /// <param name="options">What is asked of it.</param>
    /// <exception cref="DeviceUnavailableException">It gives no context, or its driver cannot compile the kernels.</exception>
    internal CudaDevice(CudaApi api, CudaDeviceFacts facts, CudaEngine most, DeviceOptions options)
    {
        Facts = facts;
        Name = most == CudaEngine.Wgmma ? $"cuda:{facts.Ordinal}" : $"cuda:{facts.Ordinal}:{CudaDeviceProvider.WordOf(most)}";
        _context = CudaContext.Open(api, facts);
        try
        {
            _pool = new CudaPool(_context, options.MemoryBudget);
            _stream = new CudaStream(_context);
            _staging = new CudaStaging(_context, _stream);
            _landings = new GpuLandings(bytes => new CudaLanding(_context, _stream, bytes));
            _kernels = new CudaKernels(_context, _stream);
            var tensorCores = OpenTensorCores(options.Precision, most);
            if (tensorCores is not null) Precision = options.Precision;
            else if (options.Precision == Precision.Fast) WhyNotFast = WhyNotNewer;
            var attention = Precision == Precision.Fast ? OpenTensorAttention() : null;
            Ops = new CheckedOps(this, new CudaOps(this, tensorCores, attention));

            // What the check needed.
            Scratch.Dispose();
        }
        catch
        {
            Dispose(disposing: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description
    {
        get
        {
            string units = Engine switch
            {
                CudaEngine.Wgmma => "tensor cores for bf16 weights (wgmma)",
                CudaEngine.Mma => "tensor cores for bf16 weights (mma.sync)",
                _ => "no tensor cores",
            };
            return $"{Facts.Describe()}, {units}{(WhyNotNewer is null ? "" : $": {WhyNotNewer}")}{(_attention is null ? "" : $", {_attention}")}";
        }
    }

    /// <inheritdoc/>
    public override Precision Precision { get; } = Precision.Exact;

    /// <inheritdoc/>
    public override string? WhyNotFast { get; }

    /// <summary>What products by bf16 weights are computed with.</summary>
    public CudaEngine Engine { get; private set; }

    /// <summary>Why they are not computed with newer units; null where there are none, or not here.</summary>
    public string? WhyNotNewer { get; private set; }

    /// <inheritdoc/>
    public override IOps Ops { get; }

    /// <inheritdoc/>
    public override GpuTuning Tuning { get; } = new() { Lanes = 1, RowLocal = 256, Panel = 1, FlatLocal = 256, AttentionLocal = 64 };

    /// <summary>What the driver says about the GPU.</summary>
    internal CudaDeviceFacts Facts { get; }

    /// <summary>The device's context, for benches that call other libraries in it.</summary>
    internal CudaContext Context => _context;

    /// <summary>The queue everything is put into.</summary>
    internal CudaStream Stream => _stream;

    /// <inheritdoc/>
    public override long ScratchBytes(OperatorLoad load)
    {
        bool inParts = Engine != CudaEngine.Float && GpuWeight.KernelTypeOf(this, load.Storage) == DType.BF16;
        return base.ScratchBytes(load) + (inParts ? TensorProducts.PartBytes(load.Rows, load.Width, Precision) : 0);
    }

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
            ((GpuMemory)source.Memory).Address + (ulong)(source.Offset * size),
            ((GpuMemory)destination.Memory).Address + (ulong)(destination.Offset * size),
            source.Count * size,
            _stream);
    }

    /// <inheritdoc/>
    public override void CopyIn(ReadOnlySpan<byte> source, GpuMemory destination, long offset) =>
        _staging.Upload(source, destination.Address + (ulong)offset);

    /// <inheritdoc/>
    public override void CopyOut(GpuMemory source, long offset, Span<byte> destination) =>
        _staging.Download(source.Address + (ulong)offset, destination);

    /// <inheritdoc/>
    public override void Clear(GpuMemory memory) => _context.Clear(memory.Address, memory.Bytes, _stream);

    /// <inheritdoc/>
    public override void Synchronize() => _stream.Synchronize();

    /// <inheritdoc/>
    public Ceiling MeasureArithmetic(double seconds) => CudaCeilings.Arithmetic(this, seconds);

    /// <inheritdoc/>
    public Ceiling MeasureMemory(double seconds) => CudaCeilings.Memory(this, seconds);

    /// <inheritdoc/>
    public IEnumerable<CopyMeasurement> MeasureCopies(long bytes, double seconds) => CudaCopies.Measure(this, bytes, seconds);

    /// <inheritdoc/>
    protected override GpuPool Pool => _pool;

    /// <inheritdoc/>
    protected override GpuLandings Landings => _landings;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;

        // The device stands still before what it works with goes; a lost one does.
        try
        {
            _stream?.Synchronize();
        }
        catch (BabelException)
        {
        }

        // Every part holds the context until it is released itself.
        foreach (var map in _maps) map.Dispose();
        _kernels?.Dispose();
        _landings?.Dispose();
        _staging?.Dispose();
        _stream?.Dispose();
        _pool?.Dispose();
        _context.Dispose();
    }

    /// <summary>
    /// Products on tensor cores, by the newest units that can be used and compute rightly on this device; null where there are none.
    /// </summary>
    private TensorProducts? OpenTensorCores(Precision asked, CudaEngine most)
    {
        if (Facts.WhyNoTensorCores is not null || most == CudaEngine.Float)
        {
            WhyNotNewer = Facts.WhyNoTensorCores ?? $"asked for as {Name}";
            return null;
        }

        bool hopper = most == CudaEngine.Wgmma && Facts.Capability == HopperEngine.Capability && _context.HasTensorMaps;
        return (hopper ? Checked(asked, CudaEngine.Wgmma) : null) ?? Checked(asked, CudaEngine.Mma);
    }

    private TensorProducts? Checked(Precision asked, CudaEngine engine)
    {
        TensorProducts? products = null;
        string? failure = WhyNot(() =>
        {
            products = new TensorProducts(this, asked, Load(engine));
            Engine = engine;
            return TensorCheck.Failure(this, products, asked);
        });
        if (failure is null) return products;
        Engine = CudaEngine.Float;
        WhyNotNewer = $"no {Instructions(engine)} ({failure})";
        return null;
    }

    /// <summary>
    /// Fast attention by the units that compute products, or by older ones where those fail their check; null leaves it to the float units. The
    /// description says which.
    /// </summary>
    private TensorAttention? OpenTensorAttention()
    {
        string failures = "";
        for (var engine = Engine; engine != CudaEngine.Float; engine = engine == CudaEngine.Wgmma ? CudaEngine.Mma : CudaEngine.Float)
        {
            var attention = engine == CudaEngine.Wgmma ? new TensorAttention(this, _maps[0], _maps[1]) : new TensorAttention(this);
            if (WhyNot(() => AttentionCheck.Failure(this, attention)) is { } failure)
            {
                failures += $": no {Instructions(engine)} ({failure})";
                continue;
            }

            _attention = $"and for attention ({Instructions(engine)}){failures}";
            return attention;
        }

        _attention = $"attention on float units{failures}";
        return null;
    }

    /// <summary>Why what was tried cannot be used, or null.</summary>
    /// <exception cref="DeviceLostException">It took the device with it.</exception>
    private string? WhyNot(Func<string?> check)
    {
        try
        {
            return check() is { } wrong ? $"they failed their check, {wrong}" : null;
        }
        catch (BabelException e) when (e is DeviceUnavailableException or KernelException)
        {
            return e.Found ?? e.What;
        }
        catch (DeviceLostException e)
        {
            throw new DeviceLostException(
                e.What, e.Where, "tensor cores tried while the device opens", e.Found, $"cuda:{Facts.Ordinal}:float leaves tensor cores alone", e);
        }
    }

    private static string Instructions(CudaEngine engine) => engine == CudaEngine.Wgmma ? "wgmma" : "mma.sync";

    private ITensorEngine Load(CudaEngine engine)
    {
        _kernels.Load("tensor.sm_80.ptx");
        if (engine == CudaEngine.Mma) return new WarpEngine(this);
        _kernels.Load("hopper.sm_90a.ptx");
        _maps.AddRange([new TensorMap(_context), new TensorMap(_context), new TensorMap(_context)]);
        return new HopperEngine(this, _maps[0], _maps[1], _maps[2]);
    }
}
