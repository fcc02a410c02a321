namespace Babel.Kernels.Cpu.Simd;

/// <summary>A <see cref="NeuronTap"/> as addresses.</summary>
/// <param name="tap">What to take, or null for nothing.</param>
/// <param name="sequences">The pinned spans of its layout.</param>
internal readonly unsafe struct TapArguments(NeuronTap? tap, SequenceSpan* sequences)
{
    /// <summary>Where values go, or null.</summary>
    public readonly float* Values = Operand.Floats(tap?.Values);

    /// <summary>Whether statistics are taken.</summary>
    public readonly bool HasStats = tap?.Stats is not null;

    /// <summary>Counts, [S, n].</summary>
    public readonly int* Count = tap?.Stats is { } a ? Operand.Ints(a.Count) : null;

    /// <summary>Sums, [S, n].</summary>
    public readonly float* Sum = tap?.Stats is { } b ? Operand.Floats(b.Sum) : null;

    /// <summary>Sums of absolute values, [S, n].</summary>
    public readonly float* SumAbs = tap?.Stats is { } c ? Operand.Floats(c.SumAbs) : null;

    /// <summary>Sums of squares, [S, n].</summary>
    public readonly float* SumSquares = tap?.Stats is { } d ? Operand.Floats(d.SumSquares) : null;

    /// <summary>Maxima, [S, n].</summary>
    public readonly float* Max = tap?.Stats is { } e ? Operand.Floats(e.Max) : null;

    /// <summary>The sequences in row order.</summary>
    public readonly SequenceSpan* Sequences = sequences;

    /// <summary>How many.</summary>
    public readonly int SequenceCount = tap?.Layout?.Count ?? 0;

    /// <summary>Whether anything is taken.</summary>
    public bool Takes => Values != null || HasStats;

    /// <summary>The sequence that a row of the batch belongs to.</summary>
    public int SequenceOf(nint row)
    {
        int low = 0, high = SequenceCount - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Sequences[middle].QueryStart <= row) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>The spans of a tap's layout, for pinning.</summary>
    public static ReadOnlySpan<SequenceSpan> Spans(NeuronTap? tap) => tap?.Layout is { } layout ? layout.Spans : default;
}
