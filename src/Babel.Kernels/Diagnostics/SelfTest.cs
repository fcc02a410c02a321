using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Errors;
using Babel.Kernels.Reference;

namespace Babel.Kernels.Diagnostics;

/// <summary>
/// Holds a device against the reference: every operator, at odd sizes and with every option, on seeded random numbers. Outputs are filled with
/// NaN before the call, sentinels stand around every operand, and inputs must come back untouched.
/// </summary>
/// <remarks>
/// The bound of an element is worked out in float64 from the operands: what rounding alone can do in float32, u = 2^-24 the unit roundoff, by the
/// operator's contract, and on a device of <see cref="Precision.Fast"/> what rounding the factors of a product to bfloat16 adds, u = 2^-8 for each that is stored in more.
/// It is not fitted to any device.
/// </remarks>
public static class SelfTest
{
    /// <summary>The operators that have cases.</summary>
    public static IReadOnlyList<string> Operators => [.. CaseTable.All.Select(c => c.Operator).Distinct(StringComparer.Ordinal)];

    /// <summary>Runs every case of the table on <paramref name="device"/>.</summary>
    /// <param name="device">The device under test.</param>
    /// <param name="progress">Is told every result as it comes.</param>
    public static IReadOnlyList<SelfTestResult> Run(Device device, Action<SelfTestResult>? progress = null) => Run(device, null, progress);

    /// <summary>Runs the cases of one operator, or of all.</summary>
    /// <param name="device">The device under test.</param>
    /// <param name="op">The operator's name, or null.</param>
    /// <param name="progress">Is told every result as it comes.</param>
    public static IReadOnlyList<SelfTestResult> Run(Device device, string? op, Action<SelfTestResult>? progress = null)
    {
        var results = new List<SelfTestResult>();
        using var reference = new ReferenceDevice();
        foreach (var one in CaseTable.All)
        {
            if (op is not null && op != one.Operator) continue;
            var result = Run(device, reference, one);
            progress?.Invoke(result);
            results.Add(result);
        }

        return results;
    }

    /// <summary>Runs one case.</summary>
    internal static SelfTestResult Run(Device device, Device reference, OperatorCase one)
    {
        using var expected = new CaseBench(reference, one.Seed, withBounds: true, device.Precision);
        using var actual = new CaseBench(device, one.Seed, withBounds: false, device.Precision);
        try
        {
            one.Body(expected);
            one.Body(actual);
        }
        catch (BabelException e)
        {
            return new SelfTestResult(one.Operator, one.Name, double.NaN, double.NaN, double.NaN, 0, e.Message);
        }

        var comparison = new Comparison();
        foreach (var output in expected.Outputs) comparison.Add(output, actual.Read(output.Name));
        string? failure = comparison.Failure ?? expected.Damage() ?? actual.Damage();
        return new SelfTestResult(
            one.Operator, one.Name, comparison.Absolute, comparison.Relative, comparison.BoundUsed, actual.Milliseconds, failure);
    }
}
