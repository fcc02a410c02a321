namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Embed, Rope, Add, GatherRows, ScatterRows, ColumnStats, ColumnDots.</summary>
internal static class RowCases
{
    private const double Unit = Rounding.Unit;

    /// <summary>The cases.</summary>
    public static IEnumerable<OperatorCase> All =>
    [
        .. from size in ((int V, int D, int N)[])[(1, 1, 1), (17, 3, 5), (63, 65, 33), (257, 127, 70)]
           from storage in (DType[])[DType.F32, DType.F16, DType.BF16]
           from accumulate in (bool[])[false, true]
           select Embed(size.V, size.D, size.N, storage, accumulate),
        .. from size in ((int N, int Heads, int D, int Rotary)[])
               [(1, 1, 2, 2), (3, 3, 17, 6), (5, 2, 64, 64), (65, 5, 80, 32), (33, 3, 128, 128), (129, 2, 63, 62)]
           from inPlace in (bool[])[false, true]
           select Rope(size.N, size.Heads, size.D, size.Rotary, inPlace),
        .. from size in ((int Rows, int Columns)[])[(1, 1), (3, 17), (63, 65), (257, 129)]
           from alias in (int[])[0, 1, 2]
           select Add(size.Rows, size.Columns, alias),
        .. from size in ((int Rows, int Columns)[])[(1, 1), (17, 3), (65, 127), (129, 64)]
           from scatter in (bool[])[false, true]
           select Copy(size.Rows, size.Columns, scatter),
        .. from lengths in (int[][])[[1], [3, 1, 17], [65, 64, 63], [257]]
           from columns in (int[])[1, 17, 64, 129]
           select ColumnStats(lengths, columns),
        .. from size in ((int N, int K, int Pairs)[])[(1, 1, 1), (17, 3, 7), (65, 129, 63), (257, 64, 257)]
           from storage in (DType[])[DType.F32, DType.F16, DType.BF16]
           select ColumnDots(size.N, size.K, size.Pairs, storage),
    ];

    private static OperatorCase Embed(int vocabulary, int width, int count, DType storage, bool accumulate) => new(
        "Embed",
        $"V={vocabulary} D={width} N={count} {storage}{(accumulate ? " accumulate" : "")}",
        bench =>
        {
            var table = Storage.Round(bench.Normal(vocabulary * width), storage);
            var before = bench.Normal(count * width);
            var ids = bench.Indices(count, vocabulary);
            var shape = new Shape(count, width);
            var output = accumulate ? bench.Output("output", before, shape) : bench.Output("output", shape);
            var weight = bench.Weight(table, vocabulary, width, storage);
            var rows = bench.Ints(ids);
            bench.Call(ops => ops.Embed(rows, weight, output, 1.7f, accumulate));
            var bounds = new double[count * width];
            double stored = Rounding.OfWeight(bench, storage);
            for (int i = 0; i < bounds.Length; i++)
            {
                double read = Math.Abs(1.7 * table[(ids[i / width] * width) + (i % width)]);
                bounds[i] = (stored * read) + (2 * Unit * ((accumulate ? Math.Abs(before[i]) : 0) + (1 + stored) * read));
            }

            bench.Bound("output", bounds);
        });

    private static OperatorCase Rope(int count, int heads, int headDim, int rotary, bool inPlace) => new(
        "Rope",
        $"N={count} heads={heads} d={headDim} r={rotary}{(inPlace ? " in place" : "")}",
        bench =>
        {
            const int Positions = 37;
            int width = heads * headDim;
            var x = bench.Normal(count * width);
            var angles = RotaryAngles.Make(bench, Positions, rotary, count);
            var shape = new Shape(count, width);
            var output = inPlace ? bench.Output("output", x, shape) : bench.Output("output", shape);
            var input = inPlace ? output : bench.Input(x, shape);
            bench.Call(ops => ops.Rope(input, headDim, angles, output));

            var bounds = new double[x.Length];
            for (int i = 0; i < x.Length; i++)
            {
                int c = i % headDim;
                if (c >= rotary) continue;
                int partner = c < rotary / 2 ? i + (rotary / 2) : i - (rotary / 2);
                bounds[i] = 3 * Unit * (Math.Abs(x[i]) + Math.Abs(x[partner]));
            }

            bench.Bound("output", bounds);
        });

    private static OperatorCase Add(int rows, int columns, int alias) => new(
        "Add",
        $"{rows}x{columns}{(alias == 0 ? "" : alias == 1 ? " onto a" : " onto b")}",
        bench =>
        {
            float[] a = bench.Normal(rows * columns), b = bench.Normal(rows * columns);
            var shape = new Shape(rows, columns);
            var output = alias == 0 ? bench.Output("output", shape) : bench.Output("output", alias == 1 ? a : b, shape);
            var left = alias == 1 ? output : bench.Input(a, shape);
            var right = alias == 2 ? output : bench.Input(b, shape);
            bench.Call(ops => ops.Add(left, right, output));
            bench.Bound("output", [.. a.Zip(b, (p, q) => Unit * Math.Abs((double)p + q))]);
        });

    private static OperatorCase Copy(int rows, int columns, bool scatter) => new(
        scatter ? "ScatterRows" : "GatherRows",
        $"{rows}x{columns}",
        bench =>
        {
            int some = (rows + 1) / 2;
            var indices = scatter ? bench.Permutation(rows)[..some] : bench.Indices(2 * rows, rows);
            var list = bench.Ints(indices);
            if (scatter)
            {
                var x = bench.Input(bench.Normal(some * columns), new Shape(some, columns));
                var output = bench.Output("output", bench.Normal(rows * columns), new Shape(rows, columns));
                bench.Call(ops => ops.ScatterRows(x, list, output));
            }
            else
            {
                var x = bench.Input(bench.Normal(rows * columns), new Shape(rows, columns));
                var output = bench.Output("output", new Shape(2 * rows, columns));
                bench.Call(ops => ops.GatherRows(x, list, output));
            }
        });

    private static OperatorCase ColumnStats(int[] lengths, int columns) => new(
        "ColumnStats",
        $"T={string.Join('+', lengths)} n={columns}",
        bench =>
        {
            var layout = SequenceLayout.Packed(lengths);
            var x = bench.Normal(layout.Tokens * columns);
            var stats = bench.Stats("stats", layout.Count, columns);
            var input = bench.Input(x, new Shape(layout.Tokens, columns));
            bench.Call(ops => ops.ColumnStats(input, layout, stats));
            if (bench.WithBounds) Rounding.BoundStats(bench, "stats", Array.ConvertAll(x, v => (double)v), new double[x.Length], layout, columns);
        });

    private static OperatorCase ColumnDots(int rows, int columns, int pairs, DType storage) => new(
        "ColumnDots",
        $"[{rows},{columns}] {pairs} pairs {storage}",
        bench =>
        {
            var w = Storage.Round(bench.Normal(rows * columns), storage);
            int[] left = bench.Indices(pairs, columns), right = bench.Indices(pairs, columns);
            var output = bench.Output("output", new Shape(pairs));
            var weight = bench.Weight(w, rows, columns, storage);
            TensorView l = bench.Ints(left), r = bench.Ints(right);
            bench.Call(ops => ops.ColumnDots(weight, l, r, output));

            var bounds = new double[pairs];
            double stored = Rounding.OfProduct(Rounding.OfWeight(bench, storage), Rounding.OfWeight(bench, storage));
            for (int p = 0; p < pairs; p++)
            {
                for (int n = 0; n < rows; n++) bounds[p] += Math.Abs((double)w[(n * columns) + left[p]] * w[(n * columns) + right[p]]);
                bounds[p] *= stored + ((rows + 2) * Unit * (1 + stored));
            }

            bench.Bound("output", bounds);
        });
}
