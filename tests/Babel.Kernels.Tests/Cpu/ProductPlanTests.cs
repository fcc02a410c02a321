using Babel.Kernels.Cpu.Simd;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class ProductPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Plan_AnyShape_CoversEveryPanelOfEveryGroupOnce(int threads)
    {
        foreach (int panels in (int[])[1, 2, 3, 7, 8, 24, 64, 176, 1001])
            foreach (int rows in (int[])[1, 6, 14, 15, 200, 1100])
                foreach (bool inOrder in (bool[])[false, true])
                    Covers(Of(panels, rows, threads, inOrder, out var tiling), panels, (int)tiling.Groups);
    }

    [Fact]
    public void Plan_FewRows_ReadsLongPiecesSharedEvenly()
    {
        var plan = Of(panels: 176, rows: 1, threads: 2, inOrder: false, out _);

        // 176 panels of 16 KiB are 2.75 MiB of a block: three pieces of at most 512 KiB for each of two threads.
        Assert.Equal(6, plan.Items);
        for (int i = 0; i < plan.Items; i++)
        {
            var (first, end, _, _) = plan[i];
            Assert.InRange(end - first, 29, 30);
        }
    }

    private static unsafe ProductPlan Of(int panels, int rows, int threads, bool inOrder, out RowTiling tiling)
    {
        tiling = new RowTiling(rows, 14, ProductPlan.GroupRows);
        var weight = new PanelWeight(new PanelLayout(panels * PanelLayout.Width, 512), DType.F32, null, finite: true);
        return new ProductPlan(weight, 4, tiling, threads, inOrder);
    }

    private static void Covers(ProductPlan plan, int panels, int groups)
    {
        var seen = new int[panels, groups];
        for (int i = 0; i < plan.Items; i++)
        {
            var (first, end, firstGroup, endGroup) = plan[i];
            Assert.True(first < end && end - first <= plan.ItemPanels);
            for (nint p = first; p < end; p++)
                for (nint g = firstGroup; g < endGroup; g++) seen[p, g]++;
        }

        Assert.All(seen.Cast<int>(), times => Assert.Equal(1, times));
    }
}
