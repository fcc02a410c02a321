using Babel.Cli.Output;
using Xunit;

namespace Babel.Cli.Tests.Output;

public sealed class TableTests
{
    [Fact]
    public void WriteTo_AlignsWordsLeftAndNumbersRight()
    {
        var table = new Table(Column.Text("language"), Column.Number("tokens")).Add("de", "7").Add("en", "1,234");
        Assert.Equal("language  tokens\nde             7\nen         1,234\n", Written(table));
    }

    [Theory]
    [InlineData("中文", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("العربية", 7)]
    [InlineData("한국어", 6)]
    public void Width_CountsTerminalCells(string text, int cells) => Assert.Equal(cells, TextWidth.Of(text));

    [Fact]
    public void WriteTo_WideCharacters_KeepTheNextColumnInLine()
    {
        var table = new Table(Column.Text("name"), Column.Number("n")).Add("中文", "1").Add("abcd", "2");
        Assert.Equal("name  n\n中文  1\nabcd  2\n", Written(table));
    }

    [Fact]
    public void WriteTo_LongWords_AreCutToTheWidth()
    {
        var table = new Table(Column.Text("device"), Column.Text("what")).Add("cpu", new string('中', 80));
        Assert.All(Written(table).Split('\n'), line => Assert.InRange(TextWidth.Of(line), 0, Table.MaxWidth));
        Assert.Contains("…", Written(table), StringComparison.Ordinal);
    }

    [Fact]
    public void Add_TooManyCells_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new Table(Column.Text("one")).Add("a", "b"));

    private static string Written(Table table)
    {
        using var output = new StringWriter { NewLine = "\n" };
        table.WriteTo(output, Style.None);
        return output.ToString();
    }
}
