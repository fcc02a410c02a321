namespace Babel.Kernels.Cpu.Simd;

/// <summary>A packed weight as kernels see it.</summary>
/// <param name="layout">Where elements lie.</param>
/// <param name="storage">F32, BF16 or F16.</param>
/// <param name="data">The first element.</param>
internal readonly unsafe struct PanelWeight(PanelLayout layout, DType storage, byte* data)
{
    /// <summary>Where elements lie.</summary>
    public PanelLayout Layout { get; } = layout;

    /// <summary>F32, BF16 or F16.</summary>
    public DType Storage { get; } = storage;

    /// <summary>The first element of a panel in a block.</summary>
    public void* Panel(nint block, nint panel) => data + (Layout.Offset(block, panel) * (Storage == DType.F32 ? 4 : 2));

    /// <summary>Element <paramref name="column"/> of a panel's row, as float32.</summary>
    public float Element(void* panel, nint row, int column)
    {
        nint start = row * PanelLayout.Width;
        if (Storage == DType.F32) return ((float*)panel)[start + column];
        ushort bits = ((ushort*)panel)[start + PanelLayout.Paired(column)];
        return Storage == DType.BF16 ? DTypes.FromBFloat16(bits) : (float)BitConverter.UInt16BitsToHalf(bits);
    }

    /// <summary>Writes a panel of F16 weights out as float32, [depth][32].</summary>
    public static void ExpandHalf<TV>(void* panel, nint depth, float* destination)
        where TV : unmanaged, ILanes<TV>
    {
        var low = VectorMath.FromBits<TV>(0xFFFFu);
        for (nint k = 0; k < depth; k++)
        {
            var pairs = TV.Load((float*)panel + (16 * k));
            TV.Store(VectorMath.FromHalf(TV.And(pairs, low)), destination + (32 * k));
            TV.Store(VectorMath.FromHalf(TV.ShiftRight(pairs, 16)), destination + (32 * k) + 16);
        }
    }
}
