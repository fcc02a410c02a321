using Babel.Kernels.Reference;

namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Values on their way through an epilogue, each with what rounding may have done to it so far.</summary>
internal sealed class EpilogueErrors
{
    private const double Unit = Rounding.Unit;

    /// <summary>
    /// Takes a product whose error is within 4 k u sum |x w|, the contract of <see cref="IOps.Linear"/>, beside what rounding its factors first may do.
    /// </summary>
    public EpilogueErrors(CaseBench bench, float[] x, float[] w, DType storage, int rows, int n, int k)
    {
        double factors = Rounding.OfProduct(Rounding.OfActivation(bench), Rounding.OfWeight(bench, storage));
        (Value, var magnitude) = Rounding.Product(x, w, rows, n, k);
        Error = Array.ConvertAll(magnitude, m => (factors + (4 * k * Unit * (1 + factors))) * m);
        Columns = n;
    }

    /// <summary>[N, n].</summary>
    public double[] Value { get; }

    /// <summary>[N, n].</summary>
    public double[] Error { get; }

    private int Columns { get; }

    /// <summary>Adds a row vector.</summary>
    public void AddBias(float[]? bias) => Step(bias, (y, e, i) => (y + bias![i % Columns], e));

    /// <summary>Adds a matrix.</summary>
    public void Add(float[]? matrix) => Step(matrix, (y, e, i) => (y + matrix![i], e));

    /// <summary>Multiplies by a matrix.</summary>
    public void Multiply(float[]? matrix) => Step(matrix, (y, e, i) => (y * matrix![i], e * Math.Abs(matrix[i])));

    /// <summary>Multiplies by another result.</summary>
    public void Multiply(EpilogueErrors other) => Step(
        this, (y, e, i) => (y * other.Value[i], (e * Math.Abs(other.Value[i])) + (Math.Abs(y) * other.Error[i]) + (e * other.Error[i])));

    /// <summary>Multiplies by a row vector; exactly 0 leaves nothing.</summary>
    public void Scale(float[]? scale) => Step(scale, (y, e, i) => (y * scale![i % Columns], e * Math.Abs(scale[i % Columns])));

    /// <summary>
    /// Applies sigma: no supported function is steeper than 1.13 (the slope of GELU at sqrt 2), and its own evaluation is held to 8 ulp, or
    /// to 1e-35 where the result leaves the normal numbers.
    /// </summary>
    public void Activate(Activation activation)
    {
        for (int i = 0; i < Value.Length && activation.Kind != ActivationKind.Identity; i++)
        {
            Value[i] = ReferenceMath.Apply(activation, Value[i]);
            Error[i] = (1.13 * Error[i]) + (8 * 2 * Unit * Math.Abs(Value[i])) + 1e-35;
        }
    }

    private void Step(object? present, Func<double, double, int, (double Value, double Error)> step)
    {
        if (present is null) return;
        for (int i = 0; i < Value.Length; i++)
        {
            (Value[i], Error[i]) = step(Value[i], Error[i], i);
            Error[i] += 2 * Unit * (Math.Abs(Value[i]) + Error[i]);
        }
    }
}
