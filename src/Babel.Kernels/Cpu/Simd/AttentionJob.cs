using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention, an item for every sequence, key/value head and stretch of rows. Two forms with the same sums in the same order: many rows lie
/// in the lanes of vectors (<see cref="AttentionColumns{TV}"/>), few rows have their keys there (<see cref="AttentionRows{TV}"/>).
/// </summary>
internal readonly unsafe struct AttentionJob<TV>(AttentionCall call, int threads) : IJob
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>Items for every thread, so that none is left with a long one at the end.</summary>
    private const int ItemsOfThread = 8;

    private readonly int _rows = RowsOfItem(call, threads);

    /// <summary>How many items there are.</summary>
    public int Items => checked(call.Pairs * Chunks);

    private int Chunks => (call.LongestRows + _rows - 1) / _rows;

    /// <inheritdoc/>
    public void Run(int item)
    {
        // Late queries see the most keys: they go first.
        int first = (Chunks - 1 - (item / call.Pairs)) * _rows;
        var (s, kvHead) = call.Pair(item % call.Pairs);
        var span = call.Layout.Spans[s];
        int rows = span.QueryLength * call.Spec.Group;
        if (first >= rows) return;

        var block = new AttentionBlock(call, span, kvHead, first, Math.Min(_rows, rows - first));
        if (call.Pattern is { } pattern) AttentionRows<TV>.Run(block, Operand.Floats(pattern) + PatternStart(s), span);
        else if (span.QueryLength == 1 || block.Rows <= DecodePlan.FewRows || !AttentionColumns<TV>.Run(block)) AttentionRows<TV>.Run(block, null, span);
    }

    /// <summary>
    /// As many rows as their packed queries and sums find room for in a core's second cache beside a block of keys and values, so that keys are
    /// packed seldom; fewer where there would not be enough items.
    /// </summary>
    private static int RowsOfItem(in AttentionCall call, int threads)
    {
        const int Panel = PanelLayout.Width;
        int most = Math.Clamp(32768 / call.Spec.HeadDim, 2 * Panel, 16 * Panel);
        if (call.Pattern is not null) most = 4 * Panel;
        int chunks = ((threads * ItemsOfThread) + call.Pairs - 1) / call.Pairs;
        int rows = Math.Min(most, (call.LongestRows + chunks - 1) / chunks);
        return (rows + Panel - 1) / Panel * Panel;
    }

    private long PatternStart(int sequence)
    {
        long start = 0;
        foreach (var span in call.Layout.Spans[..sequence]) start += (long)call.Spec.Heads * span.QueryLength * span.KeyLength;
        return start;
    }
}
