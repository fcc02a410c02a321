namespace Babel.Kernels.Gpu;

/// <summary>What the operators of <see cref="GpuOps"/> keep on the device besides their operands, by the sizes they ask <see cref="GpuScratch"/> for.</summary>
internal static class GpuFootprint
{
    /// <summary>Bytes.</summary>
    public static long Of(OperatorLoad load)
    {
        long floats = load.Rows * load.TappedWidth;
        if (load.Vocabulary > 0) floats += load.Rows * (Math.Min(load.Vocabulary, GpuOps.LogitsChunk) + 3);
        if (load.QkScores is { } form) floats += OfQkScores(load, form);
        return (floats * sizeof(float)) + OfBatch(load);
    }

    /// <summary>
    /// Terms of both sides, three matrices each, twice where queries and keys are turned; scores of some rows, three times, and their changes; sums and what
    /// rounding lost of them.
    /// </summary>
    private static long OfQkScores(OperatorLoad load, QkScoreForm form)
    {
        long width = load.Heads * load.HeadDim, kvWidth = load.KvHeads * load.HeadDim;
        bool repo = form == QkScoreForm.Repo;
        long terms = 3 * load.Rows * (width + kvWidth) * (!repo && load.HeadsAreTurned ? 2 : 1);
        long rows = GpuOps.QkRowsAtOnce(load.Heads, load.Longest, load.Rows);
        return terms + (rows * load.Heads * ((3 * load.Longest) + 1 + load.HeadDim)) + (2 * load.Sequences * (width + (repo ? width : kvWidth)));
    }

    /// <summary>Ids, targets, rows of angles, and which row is whose; where sequences and tiles begin.</summary>
    private static long OfBatch(OperatorLoad load) => (4 * sizeof(int) * load.Rows) + (8 * sizeof(int) * load.Sequences);
}
