using Babel.Kernels.Errors;

namespace Babel.Kernels.Reference;

/// <summary>The operators in float64, one file an operator, written like their equations: slow, obvious and easy to check by eye.</summary>
internal sealed partial class ReferenceOps : IOps
{
    /// <summary>Row <paramref name="row"/> of a tensor taken as a matrix of rows of its innermost length.</summary>
    private static Span<double> Row(TensorView tensor, long row)
    {
        int columns = checked((int)tensor.Shape.Columns);
        return tensor.Span<double>().Slice(checked((int)(row * columns)), columns);
    }

    /// <summary>A fresh matrix in place of a device buffer, so that a result never overwrites an operand it still needs.</summary>
    private static double[][] Matrix(long rows, long columns)
    {
        var matrix = new double[rows][];
        for (int r = 0; r < matrix.Length; r++) matrix[r] = new double[columns];
        return matrix;
    }

    private static void Store(double[][] rows, TensorView output)
    {
        for (int r = 0; r < rows.Length; r++) rows[r].CopyTo(Row(output, r));
    }

    /// <summary><c>values[i]</c> as an index below <paramref name="limit"/>.</summary>
    private static int Index(ReadOnlySpan<int> values, int i, long limit, string what)
    {
        int value = values[i];
        if (value < 0 || value >= limit)
            throw new KernelException("an index is out of range", what, $"0..{limit - 1}", $"{value} at position {i}");
        return value;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
