using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>What the table's bounds, which allow for the worst rounding, do not see.</summary>
public class QkScoresTests
{
    public static TheoryData<string> Devices => TestDevices.Float;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void QkScores_SmallAndLargeChanges_KeepTheirDigits(string name)
    {
        using Device device = TestDevices.Open(name), reference = new ReferenceDevice();
        foreach (string option in new[] { "", "rope", "norm rope", "window alibi", "rope large", "rope huge" })
        {
            // From changes of the order of 1e-8, where the difference of two softmax rows has no digit left, to rows that turn over.
            foreach (double size in option.Contains("norm", StringComparison.Ordinal) ? [1.0] : new[] { 1e-4, 1e-2, 1.0 })
            {
                var shape = new AttentionShape(4, 2, 24, option);
                var expected = Scores(reference, shape, size);
                var actual = Scores(device, shape, size);
                double largest = expected.Max();
                for (int i = 0; i < expected.Length; i++)
                {
                    double allowed = (3e-4 * expected[i]) + (1e-6 * largest);
                    Assert.True(
                        Math.Abs(actual[i] - expected[i]) <= allowed, $"{option} {size}: score {i} is {actual[i]}, not {expected[i]}");
                }
            }
        }
    }

    private static double[] Scores(Device device, AttentionShape shape, double size)
    {
        using var bench = new CaseBench(device, 11, withBounds: false);
        double deviation = size * (shape.Has("huge") ? 12 : shape.Has("large") ? 3 : 1);
        var layout = SequenceLayout.Packed([40]);
        var inputs = QkCase.Inputs(bench, shape, layout, bench.Normal(40 * 96, deviation), bench.Normal(40 * 48, size));
        TensorView scoreQ = bench.Output("scoreQ", new Shape(1, 96)), scoreK = bench.Output("scoreK", new Shape(1, 48));
        bench.Call(ops => ops.QkScores(QkScoreForm.Exact, inputs, shape.Spec, layout, scoreQ, scoreK));
        return [.. bench.Read("scoreQ"), .. bench.Read("scoreK")];
    }
}
