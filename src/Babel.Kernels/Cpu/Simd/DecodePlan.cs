namespace Babel.Kernels.Cpu.Simd;

/// <summary>How few rows over many keys are divided: every (sequence, key/value head) into stretches of blocks of keys.</summary>
/// <param name="Blocks">Blocks of keys at most.</param>
/// <param name="BlocksOfSegment">Blocks of one stretch.</param>
internal readonly record struct DecodePlan(int Blocks, int BlocksOfSegment)
{
    /// <summary>Rows up to which keys lie in lanes; one query may have any number of heads.</summary>
    public const int FewRows = 8;

    /// <summary>Items for every thread, so that none is left with a long one at the end.</summary>
    private const int ItemsOfThread = 4;

    /// <summary>How many stretches there are.</summary>
    public int Segments => (Blocks + BlocksOfSegment - 1) / BlocksOfSegment;

    /// <summary>Plans for a number of threads; one stretch where there are items enough, or rows too many.</summary>
    public static DecodePlan Of(in AttentionCall call, int threads)
    {
        int blocks = 1;
        bool few = call.Pattern is null && threads > 1 && (call.Layout.LongestQuery == 1 || call.LongestRows <= FewRows);
        for (int s = 0; few && s < call.Layout.Count; s++) blocks = Math.Max(blocks, BlocksOf(Rows(call, s * call.Spec.KvHeads)));
        int segments = Math.Clamp(((threads * ItemsOfThread) + call.Pairs - 1) / call.Pairs, 1, blocks);
        return new DecodePlan(blocks, (blocks + segments - 1) / segments);
    }

    /// <summary>All rows of a (sequence, key/value head).</summary>
    public static AttentionBlock Rows(in AttentionCall call, int pair)
    {
        var (s, kvHead) = call.Pair(pair);
        var span = call.Layout.Spans[s];
        return new AttentionBlock(call, span, kvHead, 0, span.QueryLength * call.Spec.Group);
    }

    /// <summary>How many blocks of keys the rows see.</summary>
    public static int BlocksOf(AttentionBlock rows) => (rows.LastPosition / AttentionBlock.Keys) - (rows.FirstKey / AttentionBlock.Keys) + 1;

    /// <summary>Memory for all sums; it belongs to the operator that runs.</summary>
    public unsafe nint Memory(in AttentionCall call) =>
        (nint)call.Device.Scratch.Shared(ScratchBuffers.Partials, checked(call.Pairs * Floats(call) * sizeof(float)));

    /// <summary>Floats that the sums of one (sequence, key/value head) take: for every block, and once for all together.</summary>
    public long Floats(in AttentionCall call) => checked((long)(Blocks + 1) * call.LongestRows * AttentionSums.Stride(call.Spec.HeadDim));
}
