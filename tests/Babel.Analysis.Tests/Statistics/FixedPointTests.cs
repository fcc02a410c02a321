using Babel.Analysis.Statistics;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

public sealed class FixedPointTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(-1.0)]
    [InlineData(0.1)]
    [InlineData(-1234567.890625)]
    [InlineData(3e-9)]
    [InlineData(-7.5e15)]
    [InlineData(9.2e18)]
    public void FromDouble_RoundTrips(double value) => Assert.Equal(value, FixedPoint.ToDouble(FixedPoint.FromDouble(value)), (Math.Abs(value) * 3e-16) + 3e-20);

    [Fact]
    public void FromDouble_Float32InRange_IsExact()
    {
        var random = new Random(3);
        for (int i = 0; i < 10000; i++)
        {
            float value = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-10, 12)));
            if (Math.Abs(value) < 1e-12) continue; // its last bit lies below 2^-64
            Assert.Equal(value, (float)FixedPoint.ToDouble(FixedPoint.FromDouble(value)));
        }
    }

    [Fact]
    public void FromDouble_SmallestUnit_RoundsToEven()
    {
        double unit = Math.ScaleB(1, -64);
        Assert.Equal(Int128.One, FixedPoint.FromDouble(unit));
        Assert.Equal(Int128.Zero, FixedPoint.FromDouble(unit / 2));
        Assert.Equal(-Int128.One, FixedPoint.FromDouble(-unit * 0.75));
        Assert.Equal(new Int128(0, 2), FixedPoint.FromDouble(unit * 1.5));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-9.3e18)]
    public void FromDouble_OutOfRange_IsRefused(double value) => Assert.Throws<OverflowException>(() => FixedPoint.FromDouble(value));

    [Fact]
    public void Sum_AnyOrder_SameBitsWhereFloat64IsNot()
    {
        var random = new Random(11);
        double[] values = [.. Enumerable.Range(0, 1000).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 10)))];
        double[] other = [.. values];
        random.Shuffle(other);
        Assert.NotEqual(values.Sum(), other.Sum());
        Assert.Equal(Total(values), Total(other));

        static Int128 Total(double[] values) => values.Aggregate(Int128.Zero, (sum, v) => sum + FixedPoint.FromDouble(v));
    }

    [Theory]
    [InlineData(1, 1, -8, 4)]
    [InlineData(7, 3, -20, 2)]
    [InlineData(200, 37, -22, 5)]
    [InlineData(65, 16, -6, 12)]
    public void FixedSums_Rows_SameBitsAsOneByOne(int rows, int width, int smallest, int largest)
    {
        var random = new Random(rows);
        double[] values = [.. Enumerable.Range(0, rows * width).Select(i => i % 5 == 0
            ? Math.ScaleB(random.Next(-9, 9), -65)
            : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(smallest, largest)))];
        var expected = new Int128[width];
        for (int i = 0; i < values.Length; i++) expected[i % width] += FixedPoint.FromDouble(values[i]);
        var sums = new Int128[width];
        var running = new FixedSums(2, width);
        running.Add(1, values.AsSpan(0, rows / 2 * width), sums);
        running.Add(1, values.AsSpan(rows / 2 * width), sums);
        running.Finish(1, sums);
        Assert.Equal(expected, sums);
    }

    [Fact]
    public void FixedSums_NotANumber_IsRefused()
    {
        var values = new double[40];
        values[17] = double.NaN;
        Assert.Throws<OverflowException>(() => new FixedSums(1, 20).Add(0, values, new Int128[20]));
    }
}
