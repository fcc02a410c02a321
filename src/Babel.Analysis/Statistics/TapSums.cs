namespace Babel.Analysis.Statistics;

/// <summary>
/// Over all tokens of one language, for every neuron of one part: how often the value was above zero, its sum, sum of absolute values, sum of
/// squares and maximum. Arrays are [L, n], row-major; sums are <see cref="FixedPoint"/>. A commutative monoid under <see cref="Add"/>.
/// </summary>
public sealed class TapSums
{
    /// <summary>The neutral element: nothing counted.</summary>
    public TapSums(int layers, int width)
    {
        (Layers, Width) = (layers, width);
        int size = checked(layers * width);
        Count = new long[size];
        Sum = new Int128[size];
        SumAbs = new Int128[size];
        SumSquares = new Int128[size];
        Max = new float[size];
        Array.Fill(Max, float.NegativeInfinity);
    }

    /// <summary>L.</summary>
    public int Layers { get; }

    /// <summary>n, neurons a layer.</summary>
    public int Width { get; }

    /// <summary>#{t : x_t > 0}.</summary>
    public long[] Count { get; }

    /// <summary>sum_t x_t.</summary>
    public Int128[] Sum { get; }

    /// <summary>sum_t |x_t|.</summary>
    public Int128[] SumAbs { get; }

    /// <summary>sum_t x_t^2.</summary>
    public Int128[] SumSquares { get; }

    /// <summary>max_t x_t, rounded to float32; -infinity where nothing was counted.</summary>
    public float[] Max { get; }

    /// <summary>Where a neuron lies in the arrays.</summary>
    public int At(int layer, int index) => (layer * Width) + index;

    /// <summary>Adds other tokens' statistics.</summary>
    public void Add(TapSums other)
    {
        for (int i = 0; i < Count.Length; i++)
        {
            Count[i] = checked(Count[i] + other.Count[i]);
            Sum[i] = checked(Sum[i] + other.Sum[i]);
            SumAbs[i] = checked(SumAbs[i] + other.SumAbs[i]);
            SumSquares[i] = checked(SumSquares[i] + other.SumSquares[i]);
            Max[i] = Math.Max(Max[i], other.Max[i]);
        }
    }
}
