namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// Times every operator of a device at the sizes of a model, beside the device's ceilings: which one is slow, and how far it is from what the
/// machine can do.
/// </summary>
public static class OperatorBench
{
    /// <summary>The operators that are measured: all of <see cref="IOps"/>.</summary>
    public static IReadOnlyList<string> Operators => [.. BenchTable.All.Select(c => c.Operator).Distinct(StringComparer.Ordinal)];

    /// <summary>Measures one case after another, as the result is enumerated.</summary>
    /// <param name="device">What computes.</param>
    /// <param name="ceilings">Of the device, measured in the same run.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="seconds">For each case, about.</param>
    /// <param name="op">Only this operator; null for all.</param>
    public static IEnumerable<OperatorMeasurement> Run(
        Device device, DeviceCeilings ceilings, OperatorBenchShape shape, double seconds, string? op = null) =>
        BenchTable.All.Where(c => op is null || c.Operator == op).Select(c => Measure(device, ceilings, shape, c, seconds));

    /// <summary>Measures products of given sizes.</summary>
    /// <param name="device">What computes.</param>
    /// <param name="ceilings">Of the device, measured in the same run.</param>
    /// <param name="shape">How weights are stored; nothing else of it counts.</param>
    /// <param name="seconds">For each product, about.</param>
    /// <param name="products">M token rows, N outputs, K inputs.</param>
    public static IEnumerable<OperatorMeasurement> RunProducts(
        Device device, DeviceCeilings ceilings, OperatorBenchShape shape, double seconds, IEnumerable<(int M, int N, int K)> products) =>
        products.Select(p => Measure(device, ceilings, shape, BenchTable.Product(p.M, _ => (p.N, p.K)), seconds));

    private static OperatorMeasurement Measure(Device device, DeviceCeilings ceilings, OperatorBenchShape shape, BenchCase one, double seconds)
    {
        using var operands = new BenchOperands(device, shape);
        var work = one.Make(operands);
        var race = new Race();
        race.Run(seconds, () =>
        {
            work.Call();
            device.Synchronize();
        });
        return new OperatorMeasurement(one.Operator, one.Name(shape), race.Time(0), work.Flop, work.Bytes, ceilings);
    }
}
