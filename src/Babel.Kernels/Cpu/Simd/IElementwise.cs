using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>An activation function as a type, so that an epilogue is compiled once for each.</summary>
internal interface IElementwise
{
    /// <summary>sigma(x); <paramref name="parameter"/> as in <see cref="Activation.Parameter"/>.</summary>
    static abstract TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV>;
}

/// <summary>x.</summary>
internal readonly struct IdentityFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => x;
}

/// <summary>max(x, 0).</summary>
internal readonly struct ReluFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.Relu(x);
}

/// <summary>x / (1 + e^-x).</summary>
internal readonly struct SiluFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.Silu(x);
}

/// <summary>x Phi(x).</summary>
internal readonly struct GeluErfFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.GeluErf(x);
}

/// <summary>x/2 (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3))).</summary>
internal readonly struct GeluTanhFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.GeluTanh(x);
}

/// <summary>c tanh(x/c).</summary>
internal readonly struct SoftCapFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV>
    {
        var cap = TV.Create(parameter);
        return cap * VectorMath.Tanh(x / cap);
    }
}

/// <summary>e^x.</summary>
internal readonly struct ExpFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.Exp(x);
}

/// <summary>tanh x.</summary>
internal readonly struct TanhFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.Tanh(x);
}

/// <summary>erf x.</summary>
internal readonly struct ErfFunction : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Apply<TV>(TV x, float parameter)
        where TV : unmanaged, ILanes<TV> => VectorMath.Erf(x);
}
