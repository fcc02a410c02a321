using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu;

/// <summary>The processor this program runs on, by SIMD kernels in C#.</summary>
public sealed class CpuDevice : Device, IDeviceCeilings
{
    private const long WorkerScratchBytes = 4 << 20;

    private readonly WorkerPool _pool;

    /// <summary>Opens the processor with the given instruction set and number of threads.</summary>
    internal CpuDevice(string name, CpuInstructionSet instructionSet, int threads, Precision precision = Precision.Exact)
    {
        Name = name;
        InstructionSet = instructionSet;
        if (precision == Precision.Fast)
        {
            Brain = BrainKernels.TryCreate(instructionSet, out string? whyNot);
            WhyNotFast = whyNot;
        }

        _pool = new WorkerPool(threads);
        Kernels = new MicroKernelTable(instructionSet);
        Scratch = new ScratchBuffers(this, threads);
        Ops = new CheckedOps(this, new CpuOps(this, _pool));
    }

    /// <summary>The vectors the kernels use.</summary>
    public CpuInstructionSet InstructionSet { get; }

    /// <summary>Worker threads, the caller included.</summary>
    public int Threads => _pool.Threads;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description =>
        CpuSupport.Describe(InstructionSet) + (Brain is null ? "" : $", {Brain.Instruction}{(BrainForms.HasAmx ? " (AMX is there and not used)" : "")}")
        + $", {Threads} {(Threads == 1 ? "thread" : "threads")}";

    /// <inheritdoc/>
    public override Precision Precision => Brain is null ? Precision.Exact : Precision.Fast;

    /// <inheritdoc/>
    public override string? WhyNotFast { get; }

    /// <inheritdoc/>
    public override DType ComputeType => DType.F32;

    /// <inheritdoc/>
    public override IOps Ops { get; }

    /// <summary>The register tiles of <see cref="InstructionSet"/>.</summary>
    internal MicroKernelTable Kernels { get; }

    /// <summary>The register tiles of <see cref="Precision.Fast"/>; null on an exact device.</summary>
    internal BrainKernels? Brain { get; }

    /// <summary>What operators use while they run.</summary>
    internal ScratchBuffers Scratch { get; }

    /// <inheritdoc/>
    public override Tensor Allocate(DType dtype, Shape shape) =>
        new(new HostMemory(this, checked(shape.Count * dtype.Size())), dtype, shape);

    /// <inheritdoc/>
    public override Weight CreateWeight(DType storage, long rows, long columns, string name) =>
        new CpuWeight(this, _pool, storage, rows, columns, name);

    /// <inheritdoc/>
    public override long WeightBytes(DType storage, long rows, long columns)
    {
        var layout = new PanelLayout(rows, columns, Pairs: Brain is not null);
        return checked(layout.Elements * CpuWeight.TypeOf(layout, storage).Size());
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The activations of a product, packed, and what every worker holds of results and expanded weights; chunks of the vocabulary are reduced to 24 bytes a row.
    /// </remarks>
    public override long ScratchBytes(OperatorLoad load) =>
        (load.Rows * load.Width * sizeof(float)) + (Threads * WorkerScratchBytes) + (load.Vocabulary > 0 ? load.Rows * ((load.Vocabulary / 1024) + 1) * 24 : 0);

    /// <inheritdoc/>
    public override void Trim() => HostHeap.Trim();

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<byte> source, TensorView destination) => HostCopy.Upload(source, destination);

    /// <inheritdoc/>
    public override void Download(TensorView source, Span<byte> destination) => HostCopy.Download(source, destination);

    /// <inheritdoc/>
    public Ceiling MeasureArithmetic(double seconds) => CpuCeilings.Arithmetic(this, _pool, seconds);

    /// <inheritdoc/>
    public Ceiling MeasureMemory(double seconds) => CpuCeilings.Memory(this, _pool, seconds);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _pool.Dispose();
        Scratch.Dispose();
        Brain?.Dispose();
    }
}
