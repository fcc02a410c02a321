using Babel.Model.Decoding;
using Xunit;

namespace Babel.Model.Tests.Decoding;

public sealed class RankingTests
{
    [Fact]
    public void Ranking_AnyNumbers_IsAStableSortFromTheLargest()
    {
        var random = new Random(3);
        var ranking = new Ranking();
        for (int n = 1; n < 200; n += 13)
        {
            // Few different numbers, so that many are equal; infinities too.
            float[] values = [.. Enumerable.Range(0, n).Select(_ => random.Next(6) switch { 0 => float.NegativeInfinity, 1 => float.PositiveInfinity, var v => v })];
            int[] expected = [.. Enumerable.Range(0, n).OrderByDescending(i => values[i])];
            ranking.Begin(values);
            Assert.Equal(expected[n / 2], ranking[n / 2]);
            Assert.Equal(expected, Enumerable.Range(0, n).Select(i => ranking[i]));
        }
    }
}
