using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Kernels.Reference;
using Babel.Model;

namespace Babel.Analysis.Verification;

/// <summary>
/// Holds what a device makes of whole models against the float64 device: logits, captured sites, neurons switched off, generated text, and the statistics of a
/// corpus. What the operators' own cases cannot show: that they are put together rightly there.
/// </summary>
/// <remarks>
/// Errors are relative to the root mean square of a tensor. Their bound is what rounding grows to through a few layers, with room: 2^-18 in float32, 64 times its
/// unit roundoff (a third of a bf16 product left out would show), and with <see cref="Precision.Fast"/> 2^-4, 16 times that of bfloat16. Single elements may be off by 64 bounds. A counter may differ
/// where a value is so near to zero that rounding decides, and a generated text may go another way where the two likeliest tokens are so near.
/// </remarks>
public static class ModelCheck
{
    private const double ExactBound = 1.0 / (1 << 18);
    private const double FastBound = 1.0 / (1 << 4);
    private const double OfOneElement = 64;
    private const double OfATie = 16;

    /// <summary>What the error of a quantity may be on a device of this precision.</summary>
    public static double BoundOf(Precision precision) => precision == Precision.Fast ? FastBound : ExactBound;

    /// <summary>Compares a device on the embedded models, or on a folder's.</summary>
    /// <param name="device">The device under test.</param>
    /// <param name="folder">A model folder in their place; null for the embedded ones.</param>
    /// <param name="quick">A few small models only; the whole check also takes one wide enough for the largest tiles.</param>
    /// <param name="progress">Is told every result as it comes.</param>
    /// <param name="ct">Looked at between layers.</param>
    public static IReadOnlyList<ModelCheckResult> Run(
        Device device, string? folder = null, bool quick = false, Action<ModelCheckResult>? progress = null, CancellationToken ct = default)
    {
        var results = new List<ModelCheckResult>();
        void Take(IEnumerable<ModelCheckResult> some)
        {
            foreach (var result in some)
            {
                results.Add(result);
                progress?.Invoke(result);
            }
        }

        using var reference = new ReferenceDevice();
        var models = folder is not null ? [CheckedModel.Folder(folder)] : CheckedModel.Embedded.Take(quick ? CheckedModel.Quick : int.MaxValue);
        foreach (var model in models) Take(Guarded(model.Name, () => Compare(model, device, reference, ct)));

        // Widths at which a device of float64, which is compared with itself, would take minutes.
        if (folder is null && !quick && device.ComputeType != DType.F64)
        {
            foreach (var model in WideCheck.Models) Take(Guarded(model.Name, () => WideCheck.Run(model, device, reference, ct)));
        }

        return results;
    }

    /// <summary>A tensor against the reference: relative error, and what is wrong, or null.</summary>
    internal static (double Error, string? Failure) Compare(string name, double[] expected, double[] actual, double bound)
    {
        if (expected.Length != actual.Length) return (double.PositiveInfinity, $"{name}: {actual.Length} numbers, not {expected.Length}");
        double squares = 0, differences = 0, largest = 0;
        int at = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(actual[i] - expected[i]);
            if (double.IsNaN(difference)) return (double.PositiveInfinity, $"{name}: {actual[i]} at {i}, where {expected[i]} was right");
            squares += expected[i] * expected[i];
            differences += difference * difference;
            if (difference > largest) (largest, at) = (difference, i);
        }

        double error = differences == 0 ? 0 : Math.Sqrt(differences / squares), scale = Math.Sqrt(squares / Math.Max(1, expected.Length));
        if (error <= bound && largest <= OfOneElement * bound * scale) return (error, null);
        return (error, $"{name}: error {error:0.00e+00}, bound {bound:0.00e+00}; the worst at {at}: {actual[at]}, where {expected[at]} was right");
    }

    private static IEnumerable<ModelCheckResult> Guarded(string model, Func<IEnumerable<ModelCheckResult>> check)
    {
        try
        {
            return check();
        }
        catch (BabelException e)
        {
            return [new ModelCheckResult(model, "all", double.NaN, double.NaN, 0, e.Message)];
        }
    }

    private static List<ModelCheckResult> Compare(CheckedModel checkedModel, Device device, Device reference, CancellationToken ct)
    {
        ModelReading Read(Device on)
        {
            using var model = checkedModel.Open(on, ct);
            return ModelReading.Take(model, ct);
        }

        ModelReading expected = Read(reference), actual = Read(device);
        double bound = BoundOf(device.Precision);
        var results = expected.Quantities.Zip(actual.Quantities, (e, a) => Compare(checkedModel.Name, e, a, bound)).ToList();
        results.AddRange(GenerationCheck.Compare(checkedModel.Name, expected, actual, bound, OfATie));
        return results;
    }

    private static ModelCheckResult Compare(string model, Quantity expected, Quantity actual, double bound)
    {
        double worst = 0;
        string? failure = expected.Tensors.Count == actual.Tensors.Count ? null : $"{actual.Tensors.Count} tensors, not {expected.Tensors.Count}";
        foreach (var (e, a) in expected.Tensors.Zip(actual.Tensors))
        {
            var (error, wrong) = expected.IsCount ? Counts(e.Name, e.Values, a.Values, bound) : Compare(e.Name, e.Values, a.Values, bound);
            worst = Math.Max(worst, error);
            failure ??= wrong;
        }

        return new ModelCheckResult(model, expected.Name, worst, expected.IsCount ? CountBound(bound) : bound, actual.Milliseconds, failure);
    }

    /// <summary>Of values spread like a bell a share of about 0.8 e lies within e of zero; rounding decides on which side they are counted.</summary>
    private static double CountBound(double bound) => 2 * bound;

    private static (double Error, string? Failure) Counts(string name, double[] expected, double[] actual, double bound)
    {
        double differences = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Sum(), total = Math.Max(1, expected.Sum());
        double error = expected.Length == actual.Length ? differences / total : double.PositiveInfinity;

        // One or two decisions are too few to speak of a share.
        return (error, error <= CountBound(bound) || differences <= 2 ? null : $"{name}: {differences} of {total} counts differ");
    }
}
