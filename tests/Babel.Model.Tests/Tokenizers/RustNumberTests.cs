using System.Globalization;
using System.Text;
using Babel.Model.Tokenizers.HuggingFace;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>Numbers as serde_json reads them, right or one unit off.</summary>
public sealed class RustNumberTests
{
    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("-2.5", -2.5)]
    [InlineData("0.1", 0.1)]
    [InlineData("1e2", 100.0)]
    [InlineData("12.5E-1", 1.25)]
    [InlineData("5e-324", double.Epsilon)] // over 1e308 first, then over 1e16
    [InlineData("0e999", 0.0)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("18446744073709551616000", 1.8446744073709552e22)]
    public void Parse_Number_GivesItsValue(string text, double expected) => Assert.Equal(expected, RustNumber.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Parse_SeventeenDigits_IsOneUnitOffWhereDigitsDoNotFitADouble()
    {
        // 75627970695495605 is no double: it is rounded first, and the quotient again.
        const string Text = "-7.5627970695495605";
        var value = RustNumber.Parse(Encoding.ASCII.GetBytes(Text));
        var nearest = double.Parse(Text, CultureInfo.InvariantCulture);
        Assert.NotEqual(nearest, value);
        Assert.True(value == Math.BitIncrement(nearest) || value == Math.BitDecrement(nearest));
    }
}
