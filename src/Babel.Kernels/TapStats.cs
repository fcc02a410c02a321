namespace Babel.Kernels;

/// <summary>
/// Per sequence and neuron, the column statistics of a tapped tensor X [N, n] whose rows belong to the S sequences of a layout:
/// <c>Count = #{t : X[t,k] &gt; 0}</c>, <c>Sum = sum X</c>, <c>SumAbs = sum |X|</c>, <c>SumSquares = sum X^2</c>, <c>Max = max X</c>, each [S, n].
/// An operator overwrites the first S rows; nothing is accumulated across calls.
/// </summary>
/// <remarks>
/// Tokens are added in ascending order within a sequence (on some devices in fixed chunks from its first token, then the chunks), in the device's
/// compute type, so a sequence's statistics have the same bits in any batch and with any number of threads. Folding sequences into documents and languages is the analysis' business, in float64.
/// </remarks>
public sealed class TapStats : IDisposable
{
    /// <summary>Allocates room for <paramref name="sequences"/> sequences of <paramref name="width"/> neurons.</summary>
    public TapStats(Device device, int sequences, long width)
    {
        Capacity = sequences;
        Width = width;
        var shape = new Shape(sequences, width);
        Count = device.Allocate(DType.I32, shape);
        Sum = device.Allocate(shape);
        SumAbs = device.Allocate(shape);
        SumSquares = device.Allocate(shape);
        Max = device.Allocate(shape);
    }

    /// <summary>How many sequences there is room for.</summary>
    public int Capacity { get; }

    /// <summary>n, the neurons.</summary>
    public long Width { get; }

    /// <summary>Tokens with a value above zero, I32.</summary>
    public Tensor Count { get; }

    /// <summary>Sum over tokens.</summary>
    public Tensor Sum { get; }

    /// <summary>Sum of absolute values.</summary>
    public Tensor SumAbs { get; }

    /// <summary>Sum of squares.</summary>
    public Tensor SumSquares { get; }

    /// <summary>The largest value.</summary>
    public Tensor Max { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count.Dispose();
        Sum.Dispose();
        SumAbs.Dispose();
        SumSquares.Dispose();
        Max.Dispose();
    }
}
