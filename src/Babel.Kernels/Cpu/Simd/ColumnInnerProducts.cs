using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary><see cref="IOps.ColumnDots"/>: products in float64, rows ascending; one item a pair.</summary>
internal readonly unsafe struct ColumnInnerProducts(PanelWeight weight, int* left, int* right, float* output) : IJob
{
    /// <summary>Runs the operator.</summary>
    public static void Run(WorkerPool pool, CpuWeight weight, TensorView left, TensorView right, TensorView output)
    {
        var job = new ColumnInnerProducts(PanelWriter.View(weight), Operand.Ints(left), Operand.Ints(right), Operand.Floats(output));
        pool.Run(checked((int)left.Count), job);
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        var layout = weight.Layout;
        (nint leftBlock, nint leftRow) = Math.DivRem(RowIndex.Checked(left[item], layout.Columns, item, "ColumnDots: left"), layout.BlockDepth);
        (nint rightBlock, nint rightRow) = Math.DivRem(RowIndex.Checked(right[item], layout.Columns, item, "ColumnDots: right"), layout.BlockDepth);
        double sum = 0;
        for (nint p = 0; p < layout.Panels; p++)
        {
            void* leftPanel = weight.Panel(leftBlock, p), rightPanel = weight.Panel(rightBlock, p);
            int columns = (int)Math.Min(PanelLayout.Width, layout.Rows - (p * PanelLayout.Width));
            for (int j = 0; j < columns; j++)
                sum += (double)weight.Element(leftPanel, leftRow, j) * weight.Element(rightPanel, rightRow, j);
        }

        output[item] = (float)sum;
    }
}
