using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>How many query rows a loop over the keys takes along: their lanes stand side by side in <typeparamref name="TRows"/>.</summary>
internal unsafe interface IQkRows<TRows>
{
    /// <summary>What 16 dimensions of a key are to every row.</summary>
    static abstract TRows Key(float* key);

    /// <summary>The rows' probabilities of a key, <paramref name="stride"/> floats apart.</summary>
    static abstract TRows Weight(float* weight, nint stride);
}

/// <summary>One row.</summary>
internal readonly unsafe struct QkOneRow<TV> : IQkRows<TV>
    where TV : unmanaged, ILanes<TV>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Key(float* key) => TV.Load(key);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Weight(float* weight, nint stride) => TV.Create(*weight);
}

/// <summary>Two neighbouring rows: a key is read once for both, and while one chain of products waits the other goes on.</summary>
internal readonly unsafe struct QkTwoRows<TV> : IQkRows<Twin<TV>>
    where TV : unmanaged, ILanes<TV>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<TV> Key(float* key)
    {
        var value = TV.Load(key);
        return new Twin<TV>(value, value);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twin<TV> Weight(float* weight, nint stride) => new(TV.Create(*weight), TV.Create(weight[stride]));
}
