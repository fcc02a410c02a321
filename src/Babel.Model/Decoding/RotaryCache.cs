using System.Runtime.InteropServices;
using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// The angles' cos and sin on the device, one row a position, grown as longer texts come. Where angles depend on the sequence's length
/// (dynamic scaling beyond the trained length) a batch gets a table of its own, one row a token.
/// </summary>
internal sealed class RotaryCache(RopeSpec rope, Device device) : IDisposable
{
    private const int FirstRows = 256;

    /// <summary>Outgrown tables: batches may still point at them. They double, so all together are no larger than the last.</summary>
    private readonly List<Tensor> _tables = [];
    private (Tensor Cos, Tensor Sin, int Rows)? _current;

    /// <summary>The rotation of token rows at <paramref name="positions"/>; what the caller then owns is added to <paramref name="owned"/>.</summary>
    public RotaryTable For(ReadOnlySpan<int> positions, SequenceLayout layout, List<Tensor> owned)
    {
        int[] lengths = Lengths(positions, layout);
        if (rope.Scaling == RopeScaling.Dynamic && lengths.Any(n => n > rope.OriginalLength)) return Own(positions, layout, lengths, owned);
        int longest = lengths.Max();
        if (_current is not { } table || table.Rows < longest) _current = table = Grow(longest);
        var rows = device.FromInts(positions, new Shape(positions.Length));
        owned.Add(rows);
        return new RotaryTable(table.Cos, table.Sin, rows);
    }

    /// <summary>
    /// The rotation of other positions, one a sequence, in place of those that <paramref name="known"/> was made for; null where they need a table of their own.
    /// </summary>
    public RotaryTable? Again(RotaryTable known, ReadOnlySpan<int> positions)
    {
        int longest = 0;
        foreach (int p in positions) longest = Math.Max(longest, p + 1);
        if (rope.Scaling == RopeScaling.Dynamic && longest > rope.OriginalLength) return null;
        if (_current is not { } table || table.Rows < longest) _current = table = Grow(longest);
        device.Upload(MemoryMarshal.AsBytes(positions), known.Rows);
        return known with { Cos = table.Cos, Sin = table.Sin };
    }

    public void Dispose()
    {
        foreach (var tensor in _tables) tensor.Dispose();
    }

    private static int[] Lengths(ReadOnlySpan<int> positions, SequenceLayout layout)
    {
        var lengths = new int[layout.Count];
        for (int s = 0; s < lengths.Length; s++)
        {
            var span = layout.Spans[s];
            foreach (int p in positions.Slice(span.QueryStart, span.QueryLength)) lengths[s] = Math.Max(lengths[s], p + 1);
        }

        return lengths;
    }

    private (Tensor Cos, Tensor Sin, int Rows) Grow(int longest)
    {
        int rows = Math.Max(FirstRows, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)longest));
        double[] frequencies = RotaryFrequencies.Of(rope, 0);
        var angles = new double[checked(rows * frequencies.Length)];
        for (int p = 0; p < rows; p++)
        {
            for (int j = 0; j < frequencies.Length; j++) angles[(p * frequencies.Length) + j] = p * frequencies[j];
        }

        var (cos, sin) = Upload(angles, rows, _tables);
        return (cos, sin, rows);
    }

    private RotaryTable Own(ReadOnlySpan<int> positions, SequenceLayout layout, int[] lengths, List<Tensor> owned)
    {
        int half = rope.Width / 2;
        var angles = new double[positions.Length * half];
        var rows = new int[positions.Length];
        for (int s = 0; s < lengths.Length; s++)
        {
            double[] frequencies = RotaryFrequencies.Of(rope, lengths[s]);
            var span = layout.Spans[s];
            for (int n = span.QueryStart; n < span.QueryStart + span.QueryLength; n++)
            {
                rows[n] = n;
                for (int j = 0; j < half; j++) angles[(n * half) + j] = positions[n] * frequencies[j];
            }
        }

        var (cos, sin) = Upload(angles, positions.Length, owned);
        var own = device.FromInts(rows, new Shape(rows.Length));
        owned.Add(own);
        return new RotaryTable(cos, sin, own);
    }

    private (Tensor Cos, Tensor Sin) Upload(double[] angles, int rows, List<Tensor> owner)
    {
        var shape = new Shape(rows, rope.Width / 2);
        var cos = Doubles.ToTensor(device, [.. angles.Select(a => Math.Cos(a) * rope.AttentionFactor)], shape);
        var sin = Doubles.ToTensor(device, [.. angles.Select(a => Math.Sin(a) * rope.AttentionFactor)], shape);
        owner.Add(cos);
        owner.Add(sin);
        return (cos, sin);
    }
}
