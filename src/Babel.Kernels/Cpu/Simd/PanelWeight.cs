using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>A packed weight as kernels see it.</summary>
/// <param name="layout">Where elements lie.</param>
/// <param name="storage">F32, BF16 or F16.</param>
/// <param name="data">The first element.</param>
/// <param name="finite">Whether no element is infinite or NaN; known of F16 only.</param>
internal readonly unsafe struct PanelWeight(PanelLayout layout, DType storage, byte* data, bool finite)
{
    /// <summary>Where elements lie.</summary>
    public PanelLayout Layout { get; } = layout;

    /// <summary>F32, BF16 or F16.</summary>
    public DType Storage { get; } = storage;

    /// <summary>Whether no element is infinite or NaN; known of F16 only.</summary>
    public bool IsFinite { get; } = finite;

    /// <summary>The first element of a panel in a block.</summary>
    public void* Panel(nint block, nint panel) => data + (Layout.Offset(block, panel) * (Storage == DType.F32 ? 4 : 2));

    /// <summary>Element <paramref name="column"/> of a panel's row, as float32.</summary>
    public float Element(void* panel, nint row, int column)
    {
        if (Storage == DType.F32) return ((float*)panel)[(row * PanelLayout.Width) + column];
        ushort bits = ((ushort*)panel)[Layout.Place(row, column)];
        return Storage == DType.BF16 ? DTypes.FromBFloat16(bits) : (float)BitConverter.UInt16BitsToHalf(bits);
    }

    /// <summary>Writes a panel of F16 weights out as float32, [depth][32].</summary>
    public void ExpandHalf<TV>(void* panel, nint depth, float* destination)
        where TV : unmanaged, ILanes<TV>
    {
        if (IsFinite) ExpandFinite<TV>((float*)panel, depth, destination);
        else ExpandAny<TV>((float*)panel, depth, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ExpandFinite<TV>(float* pairs, nint depth, float* destination)
        where TV : unmanaged, ILanes<TV>
    {
        for (nint k = 0; k < depth; k++, pairs += 16, destination += 32)
        {
            var words = TV.Load(pairs);
            TV.Store(VectorMath.FromFiniteHalf(TV.ShiftLeft(words, 16)), destination);
            TV.Store(VectorMath.FromFiniteHalf(words), destination + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ExpandAny<TV>(float* pairs, nint depth, float* destination)
        where TV : unmanaged, ILanes<TV>
    {
        for (nint k = 0; k < depth; k++, pairs += 16, destination += 32)
        {
            var words = TV.Load(pairs);
            TV.Store(VectorMath.FromHalf(TV.ShiftLeft(words, 16)), destination);
            TV.Store(VectorMath.FromHalf(words), destination + 16);
        }
    }
}
