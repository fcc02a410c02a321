using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary><see cref="IOps.Embed"/>: reads rows back out of the panels; one item a token.</summary>
internal readonly unsafe struct EmbedRows(PanelWeight table, int* ids, float* output, float scale, bool accumulate) : IJob
{
    private const long WorthSharing = 32 * 1024;

    /// <summary>Runs the operator.</summary>
    public static void Run(WorkerPool pool, TensorView ids, CpuWeight table, TensorView output, float scale, bool accumulate)
    {
        int tokens = checked((int)ids.Count);
        var job = new EmbedRows(PanelWriter.View(table), Operand.Ints(ids), Operand.Floats(output), scale, accumulate);
        if (tokens * table.Columns >= WorthSharing)
        {
            pool.Run(tokens, job);
            return;
        }

        for (int i = 0; i < tokens; i++) job.Run(i);
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        var layout = table.Layout;
        (nint panel, nint column) = Math.DivRem(RowIndex.Checked(ids[item], layout.Rows, item, "Embed: ids"), PanelLayout.Width);
        var to = output + (item * (nint)layout.Columns);
        for (nint block = 0; block < layout.Blocks; block++)
        {
            void* from = table.Panel(block, panel);
            nint depth = layout.DepthOf(block);
            for (nint k = 0; k < depth; k++, to++)
            {
                float value = scale * table.Element(from, k, (int)column);
                *to = accumulate ? *to + value : value;
            }
        }
    }
}
