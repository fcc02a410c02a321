namespace Babel.Kernels.Cpu.Simd;

/// <summary>Where one sequence's statistics of some neighbouring columns lie.</summary>
internal readonly unsafe struct StatisticsRow
{
    /// <summary>How many statistics there are.</summary>
    public const int Kinds = 5;

    /// <summary>Whether the sequence begins here: what the memory holds is then not looked at.</summary>
    public readonly bool IsFirst;

    /// <summary>Tokens with a value above zero.</summary>
    public readonly int* Count;

    /// <summary>Sum.</summary>
    public readonly float* Sum;

    /// <summary>Sum of absolute values.</summary>
    public readonly float* SumAbs;

    /// <summary>Sum of squares.</summary>
    public readonly float* SumSquares;

    /// <summary>Maximum.</summary>
    public readonly float* Max;

    /// <summary>Statistics of a tap.</summary>
    /// <param name="tap">The tap.</param>
    /// <param name="at">Sequence times n, plus the first column.</param>
    /// <param name="isFirst">Whether the sequence begins here.</param>
    public StatisticsRow(in TapArguments tap, nint at, bool isFirst)
    {
        IsFirst = isFirst;
        Count = tap.Count + at;
        Sum = tap.Sum + at;
        SumAbs = tap.SumAbs + at;
        SumSquares = tap.SumSquares + at;
        Max = tap.Max + at;
    }

    /// <summary>Statistics in working memory, [5][lanes].</summary>
    public StatisticsRow(float* memory, int lanes, bool isFirst)
    {
        IsFirst = isFirst;
        Count = (int*)memory;
        Sum = memory + lanes;
        SumAbs = Sum + lanes;
        SumSquares = SumAbs + lanes;
        Max = SumSquares + lanes;
    }

    /// <summary>Copies the first <paramref name="width"/> columns.</summary>
    public static void Copy(in StatisticsRow from, in StatisticsRow to, int width)
    {
        for (int j = 0; j < width; j++)
        {
            to.Count[j] = from.Count[j];
            to.Sum[j] = from.Sum[j];
            to.SumAbs[j] = from.SumAbs[j];
            to.SumSquares[j] = from.SumSquares[j];
            to.Max[j] = from.Max[j];
        }
    }
}
