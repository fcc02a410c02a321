namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void Linear(TensorView x, Weight weight, TensorView output, Epilogue? epilogue = null)
    {
        var y = Product(x, weight);
        Apply(epilogue ?? Epilogue.None, y);
        Store(y, output);
    }

    /// <summary>x W^T.</summary>
    private static double[][] Product(TensorView x, Weight weight)
    {
        var y = Matrix(x.Shape.Rows, weight.Rows);
        for (int r = 0; r < y.Length; r++)
        {
            for (int n = 0; n < weight.Rows; n++) y[r][n] = Dot(Row(x, r), ((ReferenceWeight)weight).Row(n));
        }

        return y;
    }

    /// <summary>The steps of an <see cref="Epilogue"/>, one whole matrix at a time: the unfused twin of every fused kernel.</summary>
    private static void Apply(Epilogue epilogue, double[][] y)
    {
        AddBias(epilogue.Bias, y);
        Take(epilogue.Pre, y);
        Activate(epilogue.Activation, y);
        for (int r = 0; r < y.Length && epilogue.Gate is { } gate; r++)
        {
            for (int c = 0; c < y[r].Length; c++) y[r][c] *= Row(gate, r)[c];
        }

        ApplyScale(epilogue.Scale, y);
        Take(epilogue.Post, y);
        for (int r = 0; r < y.Length && epilogue.Residual is { } residual; r++)
        {
            for (int c = 0; c < y[r].Length; c++) y[r][c] += Row(residual, r)[c];
        }
    }

    private static void AddBias(TensorView? bias, double[][] y)
    {
        if (bias is not { } b) return;
        foreach (var row in y)
        {
            for (int c = 0; c < row.Length; c++) row[c] += Row(b, 0)[c];
        }
    }

    private static void Activate(Activation activation, double[][] y)
    {
        foreach (var row in y)
        {
            for (int c = 0; c < row.Length; c++) row[c] = ReferenceMath.Apply(activation, row[c]);
        }
    }

    private static void ApplyScale(TensorView? scale, double[][] y)
    {
        if (scale is not { } view) return;
        var s = Row(view, 0);
        foreach (var row in y)
        {
            // Off means +0 even where the value was infinite or not a number.
            for (int c = 0; c < row.Length; c++) row[c] = s[c] == 0 ? 0 : row[c] * s[c];
        }
    }

    private static void Take(NeuronTap? tap, double[][] y)
    {
        if (tap is null) return;
        if (tap.Values is { } values) Store(y, values);
        if (tap.Stats is { } stats) Statistics(y, tap.Layout!, stats);
    }
}
