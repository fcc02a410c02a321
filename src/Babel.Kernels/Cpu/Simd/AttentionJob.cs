using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention, an item for every sequence, key/value head and chunk of queries. Two forms with the same sums in the same order: many rows lie
/// in the lanes of vectors (<see cref="AttentionColumns{TV}"/>), few rows have their keys there (<see cref="AttentionRows{TV}"/>).
/// </summary>
internal readonly struct AttentionJob<TV>(AttentionCall call) : IJob
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>Rows of an item at most: enough that packing keys and values for them costs little.</summary>
    private const int RowsOfItem = 128;

    /// <summary>Up to here a row at a time is cheaper than vectors of 32 rows.</summary>
    private const int FewRows = 8;

    private readonly int _queries = Math.Max(1, RowsOfItem / call.Spec.Group);

    /// <summary>How many items there are.</summary>
    public int Items => checked(call.Layout.Count * call.Spec.KvHeads * Chunks);

    private int Chunks => (call.Layout.LongestQuery + _queries - 1) / _queries;

    /// <inheritdoc/>
    public void Run(int item)
    {
        // Late queries see the most keys: their chunks go first, so that no thread is left with a long one at the end.
        int pairs = call.Layout.Count * call.Spec.KvHeads;
        int first = (Chunks - 1 - (item / pairs)) * _queries;
        var (s, kvHead) = Math.DivRem(item % pairs, call.Spec.KvHeads);
        var span = call.Layout.Spans[s];
        if (first >= span.QueryLength) return;

        var block = new AttentionBlock(call, span, kvHead, first, Math.Min(_queries, span.QueryLength - first));
        if (call.Pattern is { } pattern) AttentionRows<TV>.Run(block, pattern, PatternStart(s) + ((long)first * span.KeyLength), span);
        else if (block.Rows <= FewRows) AttentionRows<TV>.Run(block, null, 0, span);
        else AttentionColumns<TV>.Run(block);
    }

    private long PatternStart(int sequence)
    {
        long start = 0;
        foreach (var span in call.Layout.Spans[..sequence]) start += (long)call.Spec.Heads * span.QueryLength * span.KeyLength;
        return start;
    }
}
