namespace Babel.Kernels.Cpu.Simd;

/// <summary>A <see cref="NeuronTap"/> as addresses.</summary>
/// <param name="values">Where values go, or null.</param>
/// <param name="stats">Where statistics go, or null.</param>
/// <param name="layout">The sequences of the statistics.</param>
/// <param name="sequences">The pinned spans of <paramref name="layout"/>.</param>
internal readonly unsafe struct TapArguments(TensorView? values, TapStats? stats, SequenceLayout? layout, SequenceSpan* sequences)
{
    /// <summary>Where values go, or null.</summary>
    public readonly float* Values = Operand.Floats(values);

    /// <summary>Whether statistics are taken.</summary>
    public readonly bool HasStats = stats is not null;

    /// <summary>Counts, [S, n].</summary>
    public readonly int* Count = stats is { } a ? Operand.Ints(a.Count) : null;

    /// <summary>Sums, [S, n].</summary>
    public readonly float* Sum = stats is { } b ? Operand.Floats(b.Sum) : null;

    /// <summary>Sums of absolute values, [S, n].</summary>
    public readonly float* SumAbs = stats is { } c ? Operand.Floats(c.SumAbs) : null;

    /// <summary>Sums of squares, [S, n].</summary>
    public readonly float* SumSquares = stats is { } d ? Operand.Floats(d.SumSquares) : null;

    /// <summary>Maxima, [S, n].</summary>
    public readonly float* Max = stats is { } e ? Operand.Floats(e.Max) : null;

    /// <summary>The sequences in row order.</summary>
    public readonly SequenceSpan* Sequences = sequences;

    /// <summary>How many.</summary>
    public readonly int SequenceCount = layout?.Count ?? 0;

    /// <summary>Takes what a tap names; <paramref name="sequences"/> are the pinned <see cref="Spans"/> of it.</summary>
    public TapArguments(NeuronTap? tap, SequenceSpan* sequences)
        : this(tap?.Values, tap?.Stats, tap?.Layout, sequences)
    {
    }

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
