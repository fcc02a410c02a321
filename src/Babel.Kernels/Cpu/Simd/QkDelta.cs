using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Which terms the change of a score has; a type, so that each form is compiled by itself.</summary>
internal interface IQkForm
{
    /// <summary>Whether there is a second product: the other half of a rotated pair.</summary>
    static abstract bool Pair { get; }

    /// <summary>Whether the change also depends on the score itself: a per-head norm or a soft cap.</summary>
    static abstract bool General { get; }
}

/// <summary>No rotation.</summary>
internal readonly struct QkSingle : IQkForm
{
    /// <inheritdoc/>
    public static bool Pair => false;

    /// <inheritdoc/>
    public static bool General => false;
}

/// <summary>Rotation.</summary>
internal readonly struct QkPair : IQkForm
{
    /// <inheritdoc/>
    public static bool Pair => true;

    /// <inheritdoc/>
    public static bool General => false;
}

/// <summary>Everything.</summary>
internal readonly struct QkGeneral : IQkForm
{
    /// <inheritdoc/>
    public static bool Pair => true;

    /// <inheritdoc/>
    public static bool General => true;
}

/// <summary>
/// The change of the scores of one query row when a dimension is off, 16 dimensions in the lanes:
/// <code>
/// delta_t = Own First_t + Partner Second_t + y_t (Norm + Third_t)        y the scaled product, before a cap
/// delta_t = c tanh((y_t + delta_t)/c) - c tanh(y_t/c)                    with a cap
/// </code>
/// </summary>
internal readonly unsafe struct QkDelta<TV>
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>Factor of <see cref="First"/>.</summary>
    public required TV Own { get; init; }

    /// <summary>Factor of <see cref="Second"/>.</summary>
    public required TV Partner { get; init; }

    /// <summary>How much the norm of the query's head grows, less 1.</summary>
    public required TV Norm { get; init; }

    /// <summary>[T][16].</summary>
    public required float* First { get; init; }

    /// <summary>[T][16].</summary>
    public required float* Second { get; init; }

    /// <summary>How much the norm of the keys' heads grows, less 1, [T][16].</summary>
    public required float* Third { get; init; }

    /// <summary>y, [T].</summary>
    public required float* Scaled { get; init; }

    /// <summary>c, or 0.</summary>
    public required float Cap { get; init; }

    /// <summary>delta of key <paramref name="t"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TV At<TForm>(nint t)
        where TForm : IQkForm
    {
        var delta = Own * TV.Load(First + (16 * t));
        if (TForm.Pair) delta = TV.Fma(Partner, TV.Load(Second + (16 * t)), delta);
        if (!TForm.General) return delta;

        var y = TV.Create(Scaled[t]);
        delta = TV.Fma(y, Norm + TV.Load(Third + (16 * t)), delta);
        if (Cap == 0) return delta;
        return SoftCapFunction.Apply(y + delta, Cap) - SoftCapFunction.Apply(y, Cap);
    }
}
