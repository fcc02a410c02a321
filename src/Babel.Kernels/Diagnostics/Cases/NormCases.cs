namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Norm.</summary>
internal static class NormCases
{
    /// <summary>The cases.</summary>
    public static IEnumerable<OperatorCase> All =>
        from kind in (NormKind[])[NormKind.Rms, NormKind.Layer]
        from size in ((int Rows, int Columns)[])[(1, 1), (3, 17), (5, 63), (64, 64), (65, 127), (17, 257), (2, 4099)]
        from option in (string[])["", "bias", "in place", "offset"]
        select Norm(kind, size.Rows, size.Columns, option);

    private static OperatorCase Norm(NormKind kind, int rows, int columns, string option) => new(
        "Norm",
        $"{kind} {rows}x{columns} {option}".TrimEnd(),
        bench =>
        {
            const float Epsilon = 1e-5f;
            float[] x = bench.Normal(rows * columns), w = bench.Normal(columns), b = bench.Normal(columns);

            // A mean far from zero, where a variance from sum x^2 - (sum x)^2 would lose its digits.
            if (option == "offset") x = Array.ConvertAll(x, v => v + 100);
            var shape = new Shape(rows, columns);
            var output = option == "in place" ? bench.Output("output", x, shape) : bench.Output("output", shape);
            var input = option == "in place" ? output : bench.Input(x, shape);
            var weight = bench.Input(w, new Shape(columns));
            var bias = bench.Input(b, new Shape(columns), option == "bias");
            bench.Call(ops => ops.Norm(kind, input, weight, bias, Epsilon, output));
            bench.Bound("output", Bounds(kind, x, w, bias is null ? null : b, rows, columns, Epsilon));
        });

    // Contract: 16 u of what is multiplied and added, and of what the mean is taken from.
    private static double[] Bounds(NormKind kind, float[] x, float[] w, float[]? b, int rows, int columns, double epsilon)
    {
        var bounds = new double[x.Length];
        for (int r = 0; r < rows; r++)
        {
            var row = x.AsSpan(r * columns, columns);
            double mean = 0, variance = 0;
            foreach (float v in row) mean += (double)v / columns;
            if (kind == NormKind.Rms) mean = 0;
            foreach (float v in row) variance += (v - mean) * (v - mean) / columns;
            double factor = 1 / Math.Sqrt(variance + epsilon);
            for (int c = 0; c < columns; c++)
            {
                double size = (Math.Abs(row[c] - mean) + Math.Abs(mean)) * factor * Math.Abs(w[c]);
                bounds[(r * columns) + c] = 16 * Rounding.Unit * (size + Math.Abs(b?[c] ?? 0));
            }
        }

        return bounds;
    }
}
