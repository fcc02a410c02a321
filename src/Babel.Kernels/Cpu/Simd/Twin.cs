using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Twice as many lanes as <typeparamref name="T"/>: its second half follows its first.</summary>
internal readonly unsafe struct Twin<T>(T low, T high) : ILanes<Twin<T>>
    where T : unmanaged, ILanes<T>
{
    private readonly T _low = low;
    private readonly T _high = high;

    /// <inheritdoc/>
    public static int Count => 2 * T.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Create(float value) => new(T.Create(value), T.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Load(float* source) => new(T.Load(source), T.Load(source + T.Count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> operator +(Twin<T> a, Twin<T> b) => new(a._low + b._low, a._high + b._high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> operator -(Twin<T> a, Twin<T> b) => new(a._low - b._low, a._high - b._high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> operator *(Twin<T> a, Twin<T> b) => new(a._low * b._low, a._high * b._high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> operator /(Twin<T> a, Twin<T> b) => new(a._low / b._low, a._high / b._high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Fma(Twin<T> a, Twin<T> b, Twin<T> c) => new(T.Fma(a._low, b._low, c._low), T.Fma(a._high, b._high, c._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Max(Twin<T> a, Twin<T> b) => new(T.Max(a._low, b._low), T.Max(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Min(Twin<T> a, Twin<T> b) => new(T.Min(a._low, b._low), T.Min(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> GreaterThan(Twin<T> a, Twin<T> b) => new(T.GreaterThan(a._low, b._low), T.GreaterThan(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Equal(Twin<T> a, Twin<T> b) => new(T.Equal(a._low, b._low), T.Equal(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> And(Twin<T> a, Twin<T> b) => new(T.And(a._low, b._low), T.And(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Or(Twin<T> a, Twin<T> b) => new(T.Or(a._low, b._low), T.Or(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> SubtractInts(Twin<T> a, Twin<T> b) => new(T.SubtractInts(a._low, b._low), T.SubtractInts(a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Round(Twin<T> a) => new(T.Round(a._low), T.Round(a._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Twin<T> mask) => T.Any(mask._low) || T.Any(mask._high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> Select(Twin<T> mask, Twin<T> a, Twin<T> b) => new(T.Select(mask._low, a._low, b._low), T.Select(mask._high, a._high, b._high));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> ShiftLeft(Twin<T> a, int count) => new(T.ShiftLeft(a._low, count), T.ShiftLeft(a._high, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<T> ShiftRight(Twin<T> a, int count) => new(T.ShiftRight(a._low, count), T.ShiftRight(a._high, count));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Twin<T> a, float* destination)
    {
        T.Store(a._low, destination);
        T.Store(a._high, destination + T.Count);
    }
}
