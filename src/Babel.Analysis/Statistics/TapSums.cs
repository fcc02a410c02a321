namespace Babel.Analysis.Statistics;

/// <summary>
/// Over all tokens of one language, for every neuron of one part: how often the value was above zero, its sum, sum of absolute values, sum of
/// squares and maximum. Each is [L, n]; sums are <see cref="FixedPoint"/>. A commutative monoid under <see cref="Add"/>.
/// </summary>
public sealed class TapSums
{
    /// <summary>The neutral element, in memory: nothing counted.</summary>
    public TapSums(int layers, int width)
        : this(layers, width, NumberRoom.InMemory(), "")
    {
    }

    /// <summary>The neutral element, or what is stored.</summary>
    /// <param name="layers">L.</param>
    /// <param name="width">n.</param>
    /// <param name="room">Where the numbers lie.</param>
    /// <param name="name">What they are stored under, but for their own names.</param>
    internal TapSums(int layers, int width, NumberRoom room, string name)
    {
        (Layers, Width) = (layers, width);
        Count = room.Layers<long>($"{name}/count", layers, width);
        Sum = room.Layers<Int128>($"{name}/sum", layers, width);
        SumAbs = room.Layers<Int128>($"{name}/sumAbs", layers, width);
        SumSquares = room.Layers<Int128>($"{name}/sumSquares", layers, width);
        Max = room.Layers($"{name}/max", layers, width, float.NegativeInfinity);
    }

    /// <summary>L.</summary>
    public int Layers { get; }

    /// <summary>n, neurons a layer.</summary>
    public int Width { get; }

    /// <summary>#{t : x_t > 0}.</summary>
    public LayerNumbers<long> Count { get; }

    /// <summary>sum_t x_t.</summary>
    public LayerNumbers<Int128> Sum { get; }

    /// <summary>sum_t |x_t|.</summary>
    public LayerNumbers<Int128> SumAbs { get; }

    /// <summary>sum_t x_t^2.</summary>
    public LayerNumbers<Int128> SumSquares { get; }

    /// <summary>max_t x_t, rounded to float32; -infinity where nothing was counted.</summary>
    public LayerNumbers<float> Max { get; }

    /// <summary>Adds other tokens' statistics.</summary>
    public void Add(TapSums other)
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            var count = Count.Write(layer);
            var counted = other.Count.Read(layer);
            for (int k = 0; k < Width; k++) count[k] = checked(count[k] + counted[k]);
            AddTo(Sum.Write(layer), other.Sum.Read(layer));
            AddTo(SumAbs.Write(layer), other.SumAbs.Read(layer));
            AddTo(SumSquares.Write(layer), other.SumSquares.Read(layer));
            var max = Max.Write(layer);
            var maximum = other.Max.Read(layer);
            for (int k = 0; k < Width; k++) max[k] = Math.Max(max[k], maximum[k]);
        }
    }

    /// <summary>Adds fixed-point numbers.</summary>
    internal static void AddTo(Span<Int128> sums, ReadOnlySpan<Int128> others)
    {
        for (int k = 0; k < sums.Length; k++) sums[k] = checked(sums[k] + others[k]);
    }
}
