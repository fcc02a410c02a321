namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Times attention at the size it is usually quoted for: heads of 128, some thousand tokens.</summary>
public static class AttentionBench
{
    private const int Parts = 8;

    /// <summary>Measures a causal sequence, and as many queries with as many keys each of which nearly all are seen.</summary>
    /// <param name="device">What computes.</param>
    /// <param name="ceilings">Of the device, measured in the same run.</param>
    /// <param name="length">T, a multiple of 8.</param>
    /// <param name="heads">H, query and key/value heads.</param>
    /// <param name="headDim">d.</param>
    /// <param name="seconds">For each, about.</param>
    /// <remarks>
    /// The operator is causal. What it does without a mask is seen with eight sequences of T/8 queries that all have the same T + T/16 keys: a query sees T of them on
    /// average, and only the last T/8 are masked for some.
    /// </remarks>
    public static IReadOnlyList<OperatorMeasurement> Measure(Device device, DeviceCeilings ceilings, int length, int heads, int headDim, double seconds)
    {
        int part = length / Parts, keys = length + (part / 2);
        var shape = new OperatorBenchShape { Heads = heads, KvHeads = heads, HeadDim = headDim, Sequences = 1, Length = length };
        using var operands = new BenchOperands(device, shape);
        long width = (long)heads * headDim;
        Tensor q = operands.Floats(length, width), k = operands.Floats(keys, width), v = operands.Floats(keys, width), z = operands.Floats(length, width);
        var whole = new SequenceLayout([.. Enumerable.Range(0, Parts).Select(p => new SequenceSpan(p * part, part, 0, keys))]);
        OperatorMeasurement Of(string name, SequenceLayout layout, double pairs)
        {
            var race = new Race();
            race.Run(seconds, () =>
            {
                device.Ops.Attention(q, k, v, z, operands.Attention, layout);
                device.Synchronize();
            });
            return new OperatorMeasurement("Attention", name, race.Time(0), 4 * width * pairs, sizeof(float) * width * 2.0 * (length + keys), ceilings);
        }

        string size = $"{length} tokens, {heads} heads of {headDim}";
        return
        [
            Of($"causal, {size}", SequenceLayout.Packed([length]), length * (length + 1.0) / 2),
            Of($"not causal, {size}", whole, (double)length * (keys - part + ((part + 1) / 2.0))),
        ];
    }
}
