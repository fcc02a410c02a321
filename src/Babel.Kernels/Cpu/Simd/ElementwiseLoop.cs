using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Applies a function to every element of a span, the tail included.</summary>
internal static unsafe class ElementwiseLoop
{
    /// <summary><c>destination[i] = sigma(source[i])</c>; the spans have one length and may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<TV, TFunction>(ReadOnlySpan<float> source, Span<float> destination, float parameter = 0)
        where TV : unmanaged, ILanes<TV>
        where TFunction : IElementwise
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(source.Length, destination.Length);
        fixed (float* from = source, to = destination)
        {
            int i = 0;
            for (; i <= source.Length - TV.Count; i += TV.Count) TV.Store(TFunction.Apply(TV.Load(from + i), parameter), to + i);
            if (i == source.Length) return;
            float* part = stackalloc float[TV.Count];
            int rest = source.Length - i;
            for (int j = 0; j < TV.Count; j++) part[j] = j < rest ? from[i + j] : 0f;
            TV.Store(TFunction.Apply(TV.Load(part), parameter), part);
            for (int j = 0; j < rest; j++) to[i + j] = part[j];
        }
    }
}
