using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Xunit;

namespace Babel.Cli.Tests.Inputs;

public sealed class IdGridTests
{
    [Theory]
    [InlineData("1 2 3;4 5")]
    [InlineData("1,2,3; 4, 5")]
    [InlineData("[[1,2,3],[4,5]]")]
    public void Parse_EveryNotation_GivesTheSameRows(string text) =>
        Assert.Equal([[1, 2, 3], [4, 5]], IdGrid.Parse("--ids", text));

    [Fact]
    public void Parse_FlatJson_IsOneRow() => Assert.Equal([[7, 8]], IdGrid.Parse("--ids", "[7, 8]"));

    [Theory]
    [InlineData("1 x")]
    [InlineData("")]
    [InlineData("1;;2")]
    [InlineData("[1,")]
    [InlineData("[1.5]")]
    [InlineData("[[1],2]")]
    [InlineData("[[]]")]
    [InlineData("99999999999")]
    public void Parse_NotIds_IsAUsageError(string text) => Assert.Throws<UsageException>(() => IdGrid.Parse("--ids", text));

    [Fact]
    public void PadLeft_ShorterRows_StandAtTheRight()
    {
        var (ids, mask) = IdGrid.PadLeft([[1, 2, 3], [4]]);
        Assert.Equal(new[,] { { 1, 2, 3 }, { 0, 0, 4 } }, ids);
        Assert.Equal(new[,] { { 1, 1, 1 }, { 0, 0, 1 } }, mask);
    }

    [Fact]
    public void PadLeft_EqualRows_NeedNoMask() => Assert.Null(IdGrid.PadLeft([[1, 2], [3, 4]]).Mask);

    [Fact]
    public void Rectangle_OfAnotherShape_IsAUsageError() =>
        Assert.Throws<UsageException>(() => IdGrid.Rectangle("--attention-mask", [[1]], new int[1, 2]));
}
