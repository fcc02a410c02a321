using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Root mean square and layer norm. Sums are kept in two float32 parts, with the exact error of every addition and square (Ogita, Rump and Oishi
/// 2005, SIAM J. Sci. Comput. 26(6), Sum2 and Dot2), so the factor of a row is right to an ulp whatever its length; an element is rounded
/// three times more.
/// </summary>
internal readonly unsafe struct NormJob<TV>(
    NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private readonly RowChunks _chunks = new(x.Shape.Rows, x.Shape.Columns);

    /// <summary>How many items there are.</summary>
    public int Items => _chunks.Items;

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint n = (nint)x.Shape.Columns;
        float* source = Operand.Floats(x), w = Operand.Floats(weight), b = Operand.Floats(bias), y = Operand.Floats(output);
        for (nint row = _chunks.Start(item); row < _chunks.Start(item + 1); row++)
        {
            float* from = source + (row * n);
            double mean = kind == NormKind.Layer ? Sum(from, n) / n : 0;
            float high = (float)mean, low = (float)(mean - high);
            float factor = (float)(1 / Math.Sqrt((SumOfSquares(from, n, high, low) / n) + epsilon));
            nint whole = n / TV.Count * TV.Count;
            Write<TV>(from, w, b, y + (row * n), 0, whole, high, low, factor);
            Write<Lanes1>(from, w, b, y + (row * n), whole, n, high, low, factor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* x, nint n)
    {
        TV sum = TV.Create(0f), error = sum;
        nint c = 0;
        for (; c + TV.Count <= n; c += TV.Count) Add(TV.Load(x + c), ref sum, ref error);
        double total = Total(sum, error);
        for (; c < n; c++) total += x[c];
        return total;
    }

    /// <summary>sum (x - high - low)^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfSquares(float* x, nint n, float high, float low)
    {
        TV zero = TV.Create(0f), sum = zero, error = zero, h = TV.Create(high), l = TV.Create(low);
        nint c = 0;
        for (; c + TV.Count <= n; c += TV.Count)
        {
            var d = (TV.Load(x + c) - h) - l;
            var square = d * d;
            error += TV.Fma(d, d, zero - square);
            Add(square, ref sum, ref error);
        }

        double total = Total(sum, error);
        for (; c < n; c++)
        {
            float d = (x[c] - high) - low;
            total += (double)d * d;
        }

        return total;
    }

    /// <summary>sum += x; what the rounding lost goes to <paramref name="error"/> (Knuth's TwoSum).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(TV x, ref TV sum, ref TV error)
    {
        var t = sum + x;
        var z = t - sum;
        error += (sum - (t - z)) + (x - z);
        sum = t;
    }

    private static double Total(TV sum, TV error)
    {
        float* part = stackalloc float[2 * TV.Count];
        TV.Store(sum, part);
        TV.Store(error, part + TV.Count);
        double total = 0;
        for (int j = 0; j < TV.Count; j++) total += (double)part[j] + part[TV.Count + j];
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<T>(float* x, float* w, float* b, float* y, nint from, nint to, float high, float low, float factor)
        where T : unmanaged, ILanes<T>
    {
        T h = T.Create(high), l = T.Create(low), f = T.Create(factor);
        for (nint c = from; c < to; c += T.Count)
        {
            var normal = ((T.Load(x + c) - h) - l) * f;
            T.Store(b == null ? normal * T.Load(w + c) : T.Fma(normal, T.Load(w + c), T.Load(b + c)), y + c);
        }
    }
}
