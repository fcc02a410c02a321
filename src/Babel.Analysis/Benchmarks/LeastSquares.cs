namespace Babel.Analysis.Benchmarks;

/// <summary>Linear least squares with a handful of unknowns.</summary>
internal static class LeastSquares
{
    private const double Singular = 1e-12;

    /// <summary>x with the least <c>|A x - b|</c>, by the normal equations with scaled columns; null where the columns depend on each other.</summary>
    public static double[]? Solve(double[][] a, double[] b)
    {
        int n = a[0].Length;
        double[] scale = [.. Enumerable.Range(0, n).Select(j => Math.Sqrt(a.Sum(row => row[j] * row[j])))];
        if (scale.Any(s => s == 0)) return null;
        double[][] m = [.. Enumerable.Range(0, n).Select(_ => new double[n + 1])];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) m[i][j] = a.Sum(row => row[i] * row[j]) / (scale[i] * scale[j]);
            for (int r = 0; r < a.Length; r++) m[i][n] += a[r][i] * b[r] / scale[i];
        }

        for (int i = 0; i < n; i++)
        {
            int pivot = Enumerable.Range(i, n - i).MaxBy(r => Math.Abs(m[r][i]));
            (m[i], m[pivot]) = (m[pivot], m[i]);
            if (Math.Abs(m[i][i]) < Singular) return null;
            for (int r = 0; r < n; r++)
            {
                double factor = r == i ? 0 : m[r][i] / m[i][i];
                for (int c = i; factor != 0 && c <= n; c++) m[r][c] -= factor * m[i][c];
            }
        }

        return [.. Enumerable.Range(0, n).Select(i => m[i][n] / m[i][i] / scale[i])];
    }
}
