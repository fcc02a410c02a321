using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Up to 16 columns of some rows on their way through an epilogue, in one pass; null leaves a step out. Strides are in floats.
/// </summary>
internal unsafe struct Strip
{
    private const nint RowsAhead = 24;

    /// <summary>Floats of a line.</summary>
    private const int CacheLine = 16;

    /// <summary>Where the values are read.</summary>
    public float* Source;

    /// <summary>From row to row of <see cref="Source"/>.</summary>
    public nint SourceStride;

    /// <summary>Where they are written; may be the source, or null when only a tap wants them.</summary>
    public float* Destination;

    /// <summary>From row to row of <see cref="Destination"/>.</summary>
    public nint Stride;

    /// <summary>How many rows.</summary>
    public nint Rows;

    /// <summary>How many of the 16 columns the output has.</summary>
    public int Width;

    /// <summary>Whether the destination has room for all 16 columns all the same.</summary>
    public bool StoreWhole;

    /// <summary>Added first, a row vector.</summary>
    public float* Bias;

    /// <summary>Multiplied in after the activation.</summary>
    public float* Gate;

    /// <summary>From row to row of <see cref="Gate"/>.</summary>
    public nint GateStride;

    /// <summary>Multiplied in next, a row vector; exactly 0 gives +0.</summary>
    public float* Scale;

    /// <summary>Receives the values then.</summary>
    public float* Values;

    /// <summary>From row to row of <see cref="Values"/>.</summary>
    public nint ValuesStride;

    /// <summary>Added last.</summary>
    public float* Residual;

    /// <summary>From row to row of <see cref="Residual"/>.</summary>
    public nint ResidualStride;

    /// <summary>sigma.</summary>
    public Activation Activation;

    /// <summary>
    /// Runs the steps and lets a tap take the values before the residual. Rows come in ascending order, and statistics go on where the last rows of their
    /// sequence stopped, each column in one accumulator: their bits depend neither on how rows are cut nor on what else is in the batch.
    /// </summary>
    /// <param name="tap">What is taken.</param>
    /// <param name="columns">n, from row to row of what the tap fills.</param>
    /// <param name="firstRow">The row of the batch that the first row is.</param>
    /// <param name="column">The column that the first one is.</param>
    public void Run<TV>(in TapArguments tap, nint columns, nint firstRow, nint column)
        where TV : unmanaged, ILanes<TV>
    {
        Values = tap.Values == null ? null : tap.Values + (firstRow * columns) + column;
        ValuesStride = columns;
        if (!tap.HasStats)
        {
            Dispatch<TV, No>(default);
            return;
        }

        nint row = firstRow, end = firstRow + Rows;
        for (int s = tap.SequenceOf(firstRow); row < end; s++)
        {
            nint start = tap.Sequences[s].QueryStart, stop = Math.Min(end, start + tap.Sequences[s].QueryLength);
            var part = this;
            part.Skip(row - firstRow);
            part.Rows = stop - row;
            var statistics = new StatisticsRow(tap, (s * columns) + column, row == start);
            if (Width == TV.Count) part.Dispatch<TV, Yes>(statistics);
            else part.RunRagged<TV>(statistics);
            row = stop;
        }
    }

    /// <summary>The last columns, fewer than there are lanes: their statistics go through memory that has all lanes.</summary>
    private readonly void RunRagged<TV>(in StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
    {
        float* lanes = stackalloc float[StatisticsRow.Kinds * TV.Count];
        var whole = new StatisticsRow(lanes, TV.Count, statistics.IsFirst);
        if (!statistics.IsFirst) StatisticsRow.Copy(statistics, whole, Width);
        Dispatch<TV, Yes>(whole);
        StatisticsRow.Copy(whole, statistics, Width);
    }

    private void Skip(nint rows)
    {
        Source += rows * SourceStride;
        if (Destination != null) Destination += rows * Stride;
        if (Gate != null) Gate += rows * GateStride;
        if (Values != null) Values += rows * ValuesStride;
        if (Residual != null) Residual += rows * ResidualStride;
    }

    private readonly void Dispatch<TV, TStatistics>(in StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
        where TStatistics : ISwitch
    {
        bool untouched = Bias == null && Gate == null && Scale == null && Activation.Kind == ActivationKind.Identity;
        if (TStatistics.On && untouched && Destination == null && Values == null)
        {
            Sum<TV>(Source, SourceStride, Rows, statistics);
            return;
        }

        bool whole = Width == TV.Count || (StoreWhole && Values == null) || (Destination == null && Values == null);
        if (whole) Dispatch<TV, TStatistics, Yes>(statistics);
        else Dispatch<TV, TStatistics, No>(statistics);
    }

    private readonly void Dispatch<TV, TStatistics, TWhole>(in StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
        where TStatistics : ISwitch
        where TWhole : ISwitch
    {
        switch (Activation.Kind)
        {
            case ActivationKind.Relu:
                Pass<TV, ReluFunction, TStatistics, TWhole>(this, statistics);
                break;
            case ActivationKind.Silu:
                Pass<TV, SiluFunction, TStatistics, TWhole>(this, statistics);
                break;
            case ActivationKind.GeluErf:
                Pass<TV, GeluErfFunction, TStatistics, TWhole>(this, statistics);
                break;
            case ActivationKind.GeluTanh:
                Pass<TV, GeluTanhFunction, TStatistics, TWhole>(this, statistics);
                break;
            case ActivationKind.SoftCap:
                Pass<TV, SoftCapFunction, TStatistics, TWhole>(this, statistics);
                break;
            default:
                Pass<TV, IdentityFunction, TStatistics, TWhole>(this, statistics);
                break;
        }
    }

    /// <summary>
    /// The pass. Where rows may be stored whole there is no call in it, not even behind the loop: sums that live across a call go through memory in every round.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pass<TV, TFunction, TStatistics, TWhole>(in Strip strip, in StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
        where TFunction : IElementwise
        where TStatistics : ISwitch
        where TWhole : ISwitch
    {
        float* source = strip.Source, destination = strip.Destination, gate = strip.Gate, values = strip.Values, residual = strip.Residual;
        nint rows = strip.Rows, sourceStride = strip.SourceStride, stride = strip.Stride, gateStride = strip.GateStride, valuesStride = strip.ValuesStride;
        nint residualStride = strip.ResidualStride;
        float parameter = strip.Activation.Parameter;
        int width = strip.Width;
        bool biased = strip.Bias != null, scaled = strip.Scale != null;
        bool whole = width == TV.Count || strip.StoreWhole, full = width == TV.Count;
        var zero = TV.Create(0f);
        TV bias = biased ? TV.Load(strip.Bias) : zero, scale = scaled ? TV.Load(strip.Scale) : zero, off = TV.Equal(scale, zero);
        var sums = default(Sums<TV>);
        if (TStatistics.On) sums = Sums<TV>.Load(statistics);

        for (nint i = 0; i < rows; i++)
        {
            var y = TV.Load(source);
            if (biased) y += bias;
            y = TFunction.Apply(y, parameter);
            if (gate != null)
            {
                y *= TV.Load(gate);
                gate += gateStride;
            }

            if (scaled) y = TV.Select(off, zero, y * scale);
            if (TStatistics.On)
            {
                sums.Add(y);
            }

            if (values != null)
            {
                if (TWhole.On) TV.Store(y, values);
                else Partial.Store(y, values, width, full);
                values += valuesStride;
            }

            if (residual != null)
            {
                y += TV.Load(residual);
                residual += residualStride;
            }

            source += sourceStride;
            if (destination == null) continue;
            if (TWhole.On) TV.Store(y, destination);
            else Partial.Store(y, destination, width, whole);
            destination += stride;
        }

        if (TStatistics.On) sums.Store(statistics);
    }

    /// <summary>The pass of a tap that takes nothing but sums of values as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum<TV>(float* source, nint stride, nint rows, in StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
    {
        var sums = Sums<TV>.Load(statistics);
        float* ahead = source + (RowsAhead * stride);
        for (; rows > 0; rows--, source += stride, ahead += stride)
        {
            // Rows of a matrix lie a page apart, where the processor does not run ahead by itself. Any address may be asked for.
            if (Sse.IsSupported) Sse.Prefetch0(ahead);
            if (Sse.IsSupported && TV.Count > CacheLine) Sse.Prefetch0(ahead + CacheLine);
            sums.Add(TV.Load(source));
        }

        sums.Store(statistics);
    }

    /// <summary>The statistics of some columns in registers.</summary>
    private struct Sums<TV>
        where TV : unmanaged, ILanes<TV>
    {
        private TV _count, _sum, _absolute, _squares, _max;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Sums<TV> Load(in StatisticsRow from) => from.IsFirst
            ? new Sums<TV> { _max = TV.Create(float.NegativeInfinity) }
            : new Sums<TV>
            {
                _count = TV.Load((float*)from.Count),
                _sum = TV.Load(from.Sum),
                _absolute = TV.Load(from.SumAbs),
                _squares = TV.Load(from.SumSquares),
                _max = TV.Load(from.Max),
            };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(TV y)
        {
            _count = TV.SubtractInts(_count, TV.GreaterThan(y, TV.Create(0f)));
            _sum += y;
            _absolute += VectorMath.Abs(y);
            _squares = TV.Fma(y, y, _squares);
            _max = TV.Max(y, _max);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(in StatisticsRow to)
        {
            TV.Store(_count, (float*)to.Count);
            TV.Store(_sum, to.Sum);
            TV.Store(_absolute, to.SumAbs);
            TV.Store(_squares, to.SumSquares);
            TV.Store(_max, to.Max);
        }
    }

    /// <summary>A constant of the compiled pass.</summary>
    private interface ISwitch
    {
        static abstract bool On { get; }
    }

    private readonly struct Yes : ISwitch
    {
        public static bool On => true;
    }

    private readonly struct No : ISwitch
    {
        public static bool On => false;
    }
}
