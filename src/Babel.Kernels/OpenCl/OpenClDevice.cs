using Babel.Kernels.Diagnostics;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;
using Babel.Kernels.OpenCl.Interop;

namespace Babel.Kernels.OpenCl;

/// <summary>A device of an OpenCL 1.2 driver: a GPU of any maker, or the processor. One in-order queue; only <see cref="Synchronize"/> and downloads wait.</summary>
internal sealed class OpenClDevice : GpuDevice
{
    // Drivers may hold enqueued work back until a flush.
    private const int LaunchesABatch = 32;

    private readonly IOpenCl _api;
    private readonly OpenClDeviceFacts _facts;
    private readonly OpenClHandle _context;
    private readonly OpenClHandle _queue;
    private readonly OpenClCompiler _compiler;
    private readonly StagingRing _staging;
    private readonly OpenClPool _pool;
    private readonly GpuLandings _landings;
    private int _launches;

    /// <summary>Opens a device.</summary>
    public OpenClDevice(IOpenCl api, OpenClDeviceFacts facts, string name, GpuTuning tuning, ProgramCache cache, long? budget, Precision asked)
    {
        _api = api;
        _facts = facts;
        Name = name;
        Tuning = tuning;
        WhyNotFast = asked == Precision.Fast ? "OpenCL devices compute exactly" : null;
        _context = new OpenClHandle(api, OpenClObject.Context, Created(api.CreateContext(facts.Id, out int error), error, "clCreateContext"));
        try
        {
            nint queue = Created(api.CreateCommandQueue(_context.Value, facts.Id, out error), error, "clCreateCommandQueue");
            _queue = new OpenClHandle(api, OpenClObject.Queue, queue);
        }
        catch
        {
            _context.Dispose();
            throw;
        }

        _compiler = new OpenClCompiler(api, facts, _context, tuning, cache);
        _staging = new StagingRing(api);
        _pool = new OpenClPool(api, facts, name, _context, budget);
        _landings = new GpuLandings(bytes => new OpenClLanding(api, _queue, name, bytes));
        Ops = new CheckedOps(this, new OpenClOps(this));
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description => _facts.Describe();

    /// <inheritdoc/>
    public override string? WhyNotFast { get; }

    /// <inheritdoc/>
    public override IOps Ops { get; }

    /// <inheritdoc/>
    public override GpuTuning Tuning { get; }

    /// <inheritdoc/>
    public override void Launch(string kernel, GpuGrid grid) => Launch(OpenClProgram.Shared, kernel, grid);

    /// <summary>Which of the kernels that share local memory is cut larger than the driver allows, and what it allows; null if none is.</summary>
    public string? WhyTooLarge()
    {
        if (Tuning.Lanes > 1) return null;
        var product = OpenClProgram.Product(storage: 0, cpu: false);
        return TooLarge(product, "product", OpenClTunings.TileItems(Tuning.Panel)) ?? TooLarge(product, "gated_product", OpenClTunings.TileItems(Tuning.Panel))
            ?? TooLarge(OpenClProgram.Shared, "norm", Tuning.RowLocal);
    }

    /// <summary>Enqueues a kernel of a program with <see cref="GpuDevice.Arguments"/>.</summary>
    public void Launch(OpenClProgram program, string name, GpuGrid grid)
    {
        var (kernel, largest) = _compiler.Kernel(program, name);
        if (grid.Local > largest)
            throw new KernelException("the driver allows no group of this size for a kernel", Where(name), $"{grid.Local} items", $"at most {largest}", "--device cpu needs none");
        var slots = Arguments.Slots;
        var sizes = Arguments.Sizes;
        for (int i = 0; i < slots.Length; i++)
        {
            int error = _api.SetKernelArgument(kernel, (uint)i, sizes[i], slots[i]);
            if (error != 0) OpenClError.Check(error, "clSetKernelArg", Where(name), $"argument {i}, {sizes[i]} bytes");
        }

        int dimensions = grid.Z > 1 ? 3 : grid.Y > 1 ? 2 : 1;
        ReadOnlySpan<nuint> global = [(nuint)(grid.X * grid.Local), (nuint)grid.Y, (nuint)grid.Z], local = [(nuint)grid.Local, 1, 1];
        int enqueued = _api.EnqueueKernel(_queue.Value, kernel, global[..dimensions], local[..dimensions]);
        if (enqueued != 0) OpenClError.Check(enqueued, "clEnqueueNDRangeKernel", Where(name), grid.ToString());
        if (++_launches % LaunchesABatch == 0) OpenClError.Check(_api.Flush(_queue.Value), "clFlush", Name, "to begin");
    }

    /// <inheritdoc/>
    public override void Copy(TensorView source, TensorView destination)
    {
        long size = source.DType.Size(), bytes = source.Count * size;
        if (bytes == 0) return;
        int error = _api.EnqueueCopy(
            _queue.Value,
            ((GpuMemory)source.Memory).Block,
            ((GpuMemory)destination.Memory).Block,
            (nuint)(source.Offset * size),
            (nuint)(destination.Offset * size),
            (nuint)bytes);
        if (error != 0) OpenClError.Check(error, "clEnqueueCopyBuffer", Name, $"{bytes} bytes");
        GC.KeepAlive(source.Memory);
        GC.KeepAlive(destination.Memory);
    }

    /// <inheritdoc/>
    public override void CopyIn(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        string call = "clEnqueueWriteBuffer";
        int error = source.Length <= StagingRing.Largest
            ? _staging.Write(_queue.Value, destination.Block, offset, source, out call)
            : _api.EnqueueWrite(_queue.Value, destination.Block, (nuint)offset, source);
        if (error != 0) OpenClError.Check(error, call, Name, $"{source.Length} bytes to the device");
        GC.KeepAlive(destination);
    }

    /// <inheritdoc/>
    public override void CopyOut(GpuMemory source, long offset, Span<byte> destination)
    {
        int error = _api.EnqueueRead(_queue.Value, source.Block, (nuint)offset, destination);
        if (error != 0) OpenClError.Check(error, "clEnqueueReadBuffer", Name, $"{destination.Length} bytes from the device");
        GC.KeepAlive(source);
    }

    /// <inheritdoc/>
    public override void Clear(GpuMemory memory)
    {
        nuint bytes = (nuint)((memory.Bytes + 3) / 4 * 4);
        OpenClError.Check(_api.EnqueueClear(_queue.Value, memory.Block, bytes), "clEnqueueFillBuffer", Name, $"{memory.Bytes} zeros");
        GC.KeepAlive(memory);
    }

    /// <inheritdoc/>
    public override void Synchronize() => OpenClError.Check(_api.Finish(_queue.Value), "clFinish", Name, "to finish what was enqueued");

    /// <inheritdoc/>
    protected override GpuPool Pool => _pool;

    /// <inheritdoc/>
    protected override GpuLandings Landings => _landings;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _staging.Dispose();
        _landings.Dispose();
        base.Dispose(disposing);
        _pool.Dispose();
        _compiler.Dispose();
        _queue.Dispose();
        _context.Dispose();
    }

    private string? TooLarge(OpenClProgram program, string kernel, int items)
    {
        var (_, largest) = _compiler.Kernel(program, kernel);
        return items <= largest ? null : $"{kernel} has groups of {items} items, and may have {largest}";
    }

    private string Where(string what) => $"{Name}, {what}";

    private nint Created(nint handle, int error, string call)
    {
        if (error != 0) OpenClError.Check(error, call, Name, _facts.Name);
        return handle;
    }
}
