namespace Babel.Kernels.Cpu.Simd;

/// <summary>Where one sequence's statistics of some neighbouring columns lie.</summary>
/// <param name="tap">The tap.</param>
/// <param name="at">Sequence times n, plus the first column.</param>
/// <param name="isFirst">Whether the sequence begins here: what the memory holds is then not looked at.</param>
internal readonly unsafe struct StatisticsRow(in TapArguments tap, nint at, bool isFirst)
{
    /// <summary>Whether the sequence begins here.</summary>
    public readonly bool IsFirst = isFirst;

    /// <summary>Tokens with a value above zero.</summary>
    public readonly int* Count = tap.Count + at;

    /// <summary>Sum.</summary>
    public readonly float* Sum = tap.Sum + at;

    /// <summary>Sum of absolute values.</summary>
    public readonly float* SumAbs = tap.SumAbs + at;

    /// <summary>Sum of squares.</summary>
    public readonly float* SumSquares = tap.SumSquares + at;

    /// <summary>Maximum.</summary>
    public readonly float* Max = tap.Max + at;
}
