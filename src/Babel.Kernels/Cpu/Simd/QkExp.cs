using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// e^x - 1 with a relative error, by the shortest polynomial whose range holds every argument: <c>x + x^2 (c2 + c3 x + ...)</c>. Beyond |x| = 1 the argument is halved
/// first, and <c>e^2x - 1 = D^2 + 2 D</c> with D = e^x - 1, which keeps a relative error where D is small.
/// </summary>
/// <remarks>
/// A halving costs a product and waits for the one before; one more term costs a product too, but waits less. The polynomials are minimax fits of the relative error made
/// for this file: 9e-8 (|x| up to 1/4), 1.3e-7 (1/2) and 4.4e-7 (1) with the float32 coefficients below, before rounding.
/// </remarks>
internal static class QkExp
{
    /// <summary>How far the last way of computing reaches.</summary>
    public const float Largest = 16f;

    /// <summary>The number of the cheapest way whose range holds every |x| of <paramref name="reach"/>, at most <see cref="Largest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Way<TV>(TV reach)
        where TV : unmanaged, ILanes<TV>
    {
        // Without branches: which way it is cannot be foretold.
        return (Beyond(reach, 0.25f) + Beyond(reach, 0.5f)) + (Beyond(reach, 1f) + Beyond(reach, 2f)) + Beyond(reach, 4f);
    }

    /// <summary>How often the argument of a way is halved before it is given to <see cref="MinusOne"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Halvings(int way) => Math.Max(way - 2, 0) + (way == 5 ? 1 : 0);

    /// <summary>2^-h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(int way) => BitConverter.Int32BitsToSingle((127 - Halvings(way)) << 23);

    /// <summary>e^(2^h x) - 1 with h the way's halvings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV MinusOne<TV, TWay>(TV x)
        where TV : unmanaged, ILanes<TV>
        where TWay : IWay
    {
        TV square = x * x, low, high;
        if (TWay.Terms == 4)
        {
            low = TV.Fma(TV.Create(0.166667104f), x, TV.Create(0.499998361f));
            high = TV.Fma(TV.Create(0.00833593961f), x, TV.Create(0.041774191f));
        }
        else if (TWay.Terms == 5)
        {
            low = TV.Fma(TV.Create(0.166661352f), x, TV.Create(0.499999821f));
            high = TV.Fma(square, TV.Create(0.00138757459f), TV.Fma(TV.Create(0.0084023932f), x, TV.Create(0.0416689701f)));
        }
        else
        {
            var highest = TV.Fma(TV.Create(0.000198617752f), x, TV.Create(0.00143129576f));
            low = TV.Fma(TV.Create(0.166664928f), x, TV.Create(0.500002146f));
            high = TV.Fma(square, highest, TV.Fma(TV.Create(0.00833741855f), x, TV.Create(0.0416466855f)));
        }

        var d = TV.Fma(square, TV.Fma(square, high, low), x);
        if (TWay.Halvings > 0) d = TV.Fma(d, d, d + d);
        if (TWay.Halvings > 1) d = TV.Fma(d, d, d + d);
        if (TWay.Halvings > 2) d = TV.Fma(d, d, d + d);
        if (TWay.Halvings > 3) d = TV.Fma(d, d, d + d);
        return d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Beyond<TV>(TV reach, float range)
        where TV : unmanaged, ILanes<TV> => TV.Any(TV.GreaterThan(reach, TV.Create(range))) ? 1 : 0;

    /// <summary>A way of computing, as constants of the compiled loop.</summary>
    internal interface IWay
    {
        /// <summary>Terms behind x.</summary>
        static abstract int Terms { get; }

        /// <summary>Times the argument was halved.</summary>
        static abstract int Halvings { get; }
    }

    /// <summary>|x| up to 1/4.</summary>
    internal readonly struct Quarter : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 4;

        /// <inheritdoc/>
        public static int Halvings => 0;
    }

    /// <summary>|x| up to 1/2.</summary>
    internal readonly struct Half : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 5;

        /// <inheritdoc/>
        public static int Halvings => 0;
    }

    /// <summary>|x| up to 1.</summary>
    internal readonly struct One : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 6;

        /// <inheritdoc/>
        public static int Halvings => 0;
    }

    /// <summary>|x| up to 2.</summary>
    internal readonly struct Two : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 6;

        /// <inheritdoc/>
        public static int Halvings => 1;
    }

    /// <summary>|x| up to 4.</summary>
    internal readonly struct Four : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 6;

        /// <inheritdoc/>
        public static int Halvings => 2;
    }

    /// <summary>|x| up to 16.</summary>
    internal readonly struct Sixteen : IWay
    {
        /// <inheritdoc/>
        public static int Terms => 6;

        /// <inheritdoc/>
        public static int Halvings => 4;
    }
}
