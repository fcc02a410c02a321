using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Up to 16 columns of some rows on their way through an epilogue, in one pass; null leaves a step out. Strides are in floats.
/// </summary>
internal unsafe struct Strip
{
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
            part.Dispatch<TV, Yes>(new StatisticsRow(tap, (s * columns) + column, row == start));
            row = stop;
        }
    }

    private void Skip(nint rows)
    {
        Source += rows * SourceStride;
        if (Destination != null) Destination += rows * Stride;
        if (Gate != null) Gate += rows * GateStride;
        if (Values != null) Values += rows * ValuesStride;
        if (Residual != null) Residual += rows * ResidualStride;
    }

    private readonly void Dispatch<TV, TStatistics>(StatisticsRow statistics)
        where TV : unmanaged, ILanes<TV>
        where TStatistics : ISwitch
    {
        bool whole = Width == TV.Count || (StoreWhole && Values == null) || (Destination == null && Values == null);
        if (whole) Dispatch<TV, TStatistics, Yes>(statistics);
        else Dispatch<TV, TStatistics, No>(statistics);
    }

    private readonly void Dispatch<TV, TStatistics, TWhole>(StatisticsRow statistics)
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
    /// The pass. Where rows may be stored whole nothing in its loop is a call: around a call every sum would go through memory.
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
        TV count = zero, sum = zero, absolute = zero, squares = zero, max = TV.Create(float.NegativeInfinity);
        if (TStatistics.On && !statistics.IsFirst)
        {
            count = Partial.Load<TV>((float*)statistics.Count, width);
            sum = Partial.Load<TV>(statistics.Sum, width);
            absolute = Partial.Load<TV>(statistics.SumAbs, width);
            squares = Partial.Load<TV>(statistics.SumSquares, width);
            max = Partial.Load<TV>(statistics.Max, width);
        }

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
                count = TV.SubtractInts(count, TV.GreaterThan(y, zero));
                sum += y;
                absolute += VectorMath.Abs(y);
                squares = TV.Fma(y, y, squares);
                max = TV.Max(y, max);
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

        if (!TStatistics.On) return;
        Partial.Store(count, (float*)statistics.Count, width, full);
        Partial.Store(sum, statistics.Sum, width, full);
        Partial.Store(absolute, statistics.SumAbs, width, full);
        Partial.Store(squares, statistics.SumSquares, width, full);
        Partial.Store(max, statistics.Max, width, full);
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
