namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// A fixed number of float32 lanes, and the few operations the elementwise kernels are written with. Every operation is exactly rounded
/// and works lane by lane, so a kernel written once over <typeparamref name="TSelf"/> gives the same bits on every vector width.
/// </summary>
/// <remarks>
/// The kernels always work on 16 lanes: one 512-bit vector, or a <see cref="Twin{T}"/> of narrower ones. So the order in which anything
/// is summed does not depend on the processor either. Masks are lanes of all ones or all zeros.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many lanes there are.</summary>
    static abstract int Count { get; }

    /// <summary>The same value in every lane.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Reads <see cref="Count"/> floats; no alignment is needed.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Writes <see cref="Count"/> floats; no alignment is needed.</summary>
    static abstract void Store(TSelf a, float* destination);

    /// <summary>a + b.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>a - b.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>a b.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>a / b.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger of two. For a NaN x86 returns <paramref name="b"/>, others NaN: so a NaN in <paramref name="b"/> passes everywhere.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller of two; NaN as in <see cref="Max"/>.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>Mask of a &gt; b; false for NaN.</summary>
    static abstract TSelf GreaterThan(TSelf a, TSelf b);

    /// <summary>Mask of a = b; false for NaN.</summary>
    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>Whether a mask is set in some lane.</summary>
    static abstract bool Any(TSelf mask);

    /// <summary>Where the mask is set a, elsewhere b.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>Bitwise and.</summary>
    static abstract TSelf And(TSelf a, TSelf b);

    /// <summary>Bitwise or.</summary>
    static abstract TSelf Or(TSelf a, TSelf b);

    /// <summary>The bits of each lane moved up by <paramref name="count"/>.</summary>
    static abstract TSelf ShiftLeft(TSelf a, int count);

    /// <summary>The bits of each lane moved down by <paramref name="count"/>, zeros coming in.</summary>
    static abstract TSelf ShiftRight(TSelf a, int count);

    /// <summary>a 2^n, rounded once, for a from 1/2 to 2 and integers n from -250 to 128; 0 where it is too small for a float.</summary>
    static virtual TSelf TimesPow2(TSelf a, TSelf n)
    {
        // In two factors: the first product is exact, the second may be subnormal, and 2^128 is never needed. 2^n: n + 127 lands in the
        // low bits of 2^23 + 127 + n, from where it is moved to the exponent.
        var bias = TSelf.Create(8388608f + 127f);
        var half = TSelf.Round(n * TSelf.Create(0.5f));
        return a * TSelf.ShiftLeft(half + bias, 23) * TSelf.ShiftLeft((n - half) + bias, 23);
    }

    /// <summary>The bits of each lane as 32-bit integers, a - b: taking away a mask counts it.</summary>
    static abstract TSelf SubtractInts(TSelf a, TSelf b);
}
