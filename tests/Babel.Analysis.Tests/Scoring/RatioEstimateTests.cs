using Babel.Analysis.Scoring;
using Xunit;

namespace Babel.Analysis.Tests.Scoring;

public sealed class RatioEstimateTests
{
    [Fact]
    public void Of_HandCase_IsExact()
    {
        // R = 12 / 6 = 2.
        var r = RatioEstimate.Of([2, 4, 6], [1, 1, 4]);
        Assert.Equal(2, r.Value);
        // residuals (0, 2, -2): squares 8; 8 * 3 / 2 = 12; sqrt(12) / 6
        Assert.Equal(Math.Sqrt(12) / 6, r.StandardError, 15);
    }

    [Fact]
    public void Of_EqualDenominators_IsTheMeanAndItsUsualError()
    {
        double[] y = [1, 3, 4, 8, 9.5];
        double mean = y.Average(), sd = Math.Sqrt(y.Sum(v => (v - mean) * (v - mean)) / (y.Length - 1));
        var r = RatioEstimate.Of(y, [1, 1, 1, 1, 1]);
        Assert.Equal(mean, r.Value, 14);
        Assert.Equal(sd / Math.Sqrt(y.Length), r.StandardError, 14);
    }

    [Fact]
    public void Of_RepeatedSamples_ErrorMatchesTheSpreadOfTheEstimates()
    {
        var random = new Random(5);
        const int Samples = 4000, Documents = 60;
        double[] estimates = new double[Samples];
        double meanError = 0;
        for (int s = 0; s < Samples; s++)
        {
            double[] x = new double[Documents], y = new double[Documents];
            for (int i = 0; i < Documents; i++)
            {
                x[i] = random.Next(5, 100);
                y[i] = x[i] * (3 + 0.5 * Gauss(random)) + 4 * Gauss(random);
            }

            var r = RatioEstimate.Of(y, x);
            estimates[s] = r.Value;
            meanError += r.StandardError / Samples;
        }

        double mean = estimates.Average(), spread = Math.Sqrt(estimates.Sum(e => (e - mean) * (e - mean)) / (Samples - 1));
        Assert.InRange(meanError / spread, 0.95, 1.05);
    }

    [Fact]
    public void Of_OneDocumentOrNone_HasNoError()
    {
        Assert.True(double.IsNaN(RatioEstimate.Of([3], [2]).StandardError));
        Assert.Equal(1.5, RatioEstimate.Of([3], [2]).Value);
        Assert.True(double.IsNaN(RatioEstimate.Of([], []).Value));
        Assert.Throws<ArgumentException>(() => RatioEstimate.Of([1, 2], [1]));
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
