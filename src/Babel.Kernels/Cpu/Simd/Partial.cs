using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Lanes of which only some are there: behind the last column another row, or another worker's memory, begins.</summary>
internal static unsafe class Partial
{
    /// <summary>Writes the lanes if <paramref name="whole"/>, else the first <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TV>(TV lanes, float* destination, int width, bool whole)
        where TV : unmanaged, ILanes<TV>
    {
        if (whole) TV.Store(lanes, destination);
        else StoreSome(lanes, destination, width);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome<TV>(TV lanes, float* destination, int width)
        where TV : unmanaged, ILanes<TV>
    {
        float* part = stackalloc float[TV.Count];
        TV.Store(lanes, part);
        for (int j = 0; j < width; j++) destination[j] = part[j];
    }
}
