using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Puts rows of a weight, rounded to bfloat16, into panels of pairs (<see cref="PanelLayout.Pairs"/>); one item a panel.</summary>
/// <param name="layout">Where pairs lie.</param>
/// <param name="storage">What the rows are stored in.</param>
/// <param name="source">Row-major rows.</param>
/// <param name="destination">The first pair of the weight.</param>
/// <param name="firstRow">Which row of the weight comes first.</param>
/// <param name="count">How many rows.</param>
internal readonly unsafe struct BrainPanelPacking(PanelLayout layout, DType storage, byte* source, uint* destination, long firstRow, long count) : IJob
{
    private const int Strip = 32;

    private readonly nint _firstPanel = (nint)(firstRow / PanelLayout.Width);

    /// <summary>How many panels the rows touch.</summary>
    public int Items => checked((int)(((firstRow + count - 1) / PanelLayout.Width) - _firstPanel + 1));

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint panel = _firstPanel + item;
        long start = Math.Max(firstRow, panel * PanelLayout.Width), end = Math.Min(firstRow + count, (panel + 1) * PanelLayout.Width);
        for (nint block = 0; block < layout.Blocks; block++)
        {
            var to = destination + (layout.Offset(block, panel) / 2) + (start % PanelLayout.Width);
            Block(start - firstRow, (int)(end - start), block * PanelLayout.PairDepth, layout.DepthOf(block), to);
        }
    }

    /// <summary>Zeros the columns behind the last row.</summary>
    public void ClearPadding()
    {
        int used = (int)(layout.Rows % PanelLayout.Width);
        if (used == 0) return;
        for (nint block = 0; block < layout.Blocks; block++)
        {
            var to = destination + (layout.Offset(block, layout.Panels - 1) / 2);
            for (nint pair = 0; pair < layout.StoredDepthOf(block) / 2; pair++)
                new Span<uint>(to + (pair * PanelLayout.Width) + used, PanelLayout.Width - used).Clear();
        }
    }

    // 32 inner indices at a time: what is read of every row and written of the panel stays in the first-level cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(long row, int columns, nint first, nint depth, uint* to)
    {
        var rounded = stackalloc ushort[Strip];
        var wide = stackalloc float[Strip];
        for (nint k = 0; k < depth; k += Strip)
        {
            nint count = Math.Min(Strip, depth - k);
            nint pairs = (count + 1) / 2;
            for (int j = 0; j < columns; j++)
            {
                var place = to + (k / 2 * PanelLayout.Width) + j;
                var words = (uint*)Rounded(((row + j) * layout.Columns) + first + k, count, wide, rounded);
                for (nint p = 0; p < pairs; p++) place[p * PanelLayout.Width] = words[p];
            }
        }
    }

    private ushort* Rounded(long at, nint count, float* wide, ushort* rounded)
    {
        bool odd = (count & 1) != 0;
        if (storage == DType.BF16)
        {
            var brain = (ushort*)source + at;
            if (!odd) return brain;
            new Span<ushort>(brain, (int)count).CopyTo(new Span<ushort>(rounded, Strip));
        }
        else
        {
            int size = storage.Size();
            var bytes = source + (at * size);
            if (storage != DType.F32) DTypes.Expand(storage, new ReadOnlySpan<byte>(bytes, (int)count * size), new Span<float>(wide, (int)count));
            BrainRounding.Round(storage == DType.F32 ? (float*)bytes : wide, count, rounded);
        }

        if (odd) rounded[count] = 0;
        return rounded;
    }
}
