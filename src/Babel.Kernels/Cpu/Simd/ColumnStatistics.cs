using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Adds rows to the statistics of <see cref="TapStats"/>. Rows come in ascending order and go on where the last ones of their sequence stopped,
/// each column in one accumulator: the bits depend neither on how rows are cut nor on what else is in the batch.
/// </summary>
internal static unsafe class ColumnStatistics
{
    /// <summary>Takes rows <paramref name="firstRow"/> .. + <paramref name="rows"/> of columns <paramref name="column"/> .. + <paramref name="width"/>.</summary>
    /// <param name="tap">Where statistics go.</param>
    /// <param name="columns">n.</param>
    /// <param name="source">The first value.</param>
    /// <param name="stride">From row to row of <paramref name="source"/>, in floats.</param>
    /// <param name="firstRow">The row of the batch that the first row is.</param>
    /// <param name="rows">How many.</param>
    /// <param name="column">The first column.</param>
    /// <param name="width">How many columns, at most <typeparamref name="TV"/>'s lanes.</param>
    public static void Take<TV>(in TapArguments tap, nint columns, float* source, nint stride, nint firstRow, nint rows, nint column, int width)
        where TV : unmanaged, ILanes<TV>
    {
        nint row = firstRow, end = firstRow + rows;
        for (int s = SequenceOf(tap, firstRow); row < end; s++)
        {
            nint start = tap.Sequences[s].QueryStart;
            nint stop = Math.Min(end, start + tap.Sequences[s].QueryLength);
            nint at = (s * columns) + column;
            Segment<TV>(tap, at, source + ((row - firstRow) * stride), stride, stop - row, row == start, width);
            row = stop;
        }
    }

    private static int SequenceOf(in TapArguments tap, nint row)
    {
        int low = 0, high = tap.SequenceCount - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (tap.Sequences[middle].QueryStart <= row) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Segment<TV>(in TapArguments tap, nint at, float* source, nint stride, nint rows, bool first, int width)
        where TV : unmanaged, ILanes<TV>
    {
        var zero = TV.Create(0f);
        TV count = zero, sum = zero, absolute = zero, squares = zero, max = TV.Create(float.NegativeInfinity);
        if (!first)
        {
            count = Read<TV>((float*)tap.Count + at, width);
            sum = Read<TV>(tap.Sum + at, width);
            absolute = Read<TV>(tap.SumAbs + at, width);
            squares = Read<TV>(tap.SumSquares + at, width);
            max = Read<TV>(tap.Max + at, width);
        }

        for (nint i = 0; i < rows; i++)
        {
            var x = TV.Load(source + (i * stride));
            count = TV.SubtractInts(count, TV.GreaterThan(x, zero));
            sum += x;
            absolute += VectorMath.Abs(x);
            squares = TV.Fma(x, x, squares);
            max = TV.Max(x, max);
        }

        Write(count, (float*)tap.Count + at, width);
        Write(sum, tap.Sum + at, width);
        Write(absolute, tap.SumAbs + at, width);
        Write(squares, tap.SumSquares + at, width);
        Write(max, tap.Max + at, width);
    }

    // A row of statistics may end where another worker's memory begins: only the columns asked for are touched.
    private static TV Read<TV>(float* from, int width)
        where TV : unmanaged, ILanes<TV>
    {
        if (width == TV.Count) return TV.Load(from);
        float* part = stackalloc float[TV.Count];
        for (int j = 0; j < TV.Count; j++) part[j] = j < width ? from[j] : 0f;
        return TV.Load(part);
    }

    private static void Write<TV>(TV value, float* to, int width)
        where TV : unmanaged, ILanes<TV>
    {
        if (width == TV.Count)
        {
            TV.Store(value, to);
            return;
        }

        float* part = stackalloc float[TV.Count];
        TV.Store(value, part);
        for (int j = 0; j < width; j++) to[j] = part[j];
    }
}
