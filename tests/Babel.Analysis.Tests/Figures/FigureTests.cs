using System.Globalization;
using System.Xml.Linq;
using Babel.Analysis.Figures;
using Xunit;

namespace Babel.Analysis.Tests.Figures;

/// <summary>Figures are parsed as XML and looked at as data: what is in which cell, in which colour, and that nothing leaves the page.</summary>
public sealed class FigureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly string[] Names = ["English", "العربية", "中文（简体）", "R&D <\"x\">'"];

    [Fact]
    public void Heatmap_EveryCell_ShowsItsNumberAndItsError()
    {
        var figure = Heatmap(diverging: true);
        var root = Parse(figure.ToSvg());
        var texts = Texts(root);

        Assert.Contains("1.25", texts, StringComparer.Ordinal);
        Assert.Contains("−0.50", texts, StringComparer.Ordinal);
        Assert.Contains("±0.03", texts, StringComparer.Ordinal);
        Assert.Contains("0.00", texts, StringComparer.Ordinal); // -0.001 rounds to zero and must not be "-0.00"
        Assert.DoesNotContain("−0.00", texts, StringComparer.Ordinal);
        foreach (string name in Names) Assert.Equal(2, texts.Count(t => t == name));
        Assert.Contains("Ablated set", texts, StringComparer.Ordinal);
        Assert.Contains("Evaluated language", texts, StringComparer.Ordinal);
        Assert.Contains("Increase of NLL (nats per token)", texts, StringComparer.Ordinal);
        Assert.Equal("A < B & C", root.Element(Svg + "title")!.Value);
    }

    [Fact]
    public void Heatmap_Diverging_PutsZeroInTheMiddleAndSidesApart()
    {
        var root = Parse(Heatmap(diverging: true).ToSvg());

        var (r, g, b) = Fill(root, "English, English: ");
        Assert.True(r > b + 40, "above zero is orange");
        (r, g, b) = Fill(root, "English, العربية: ");
        Assert.True(b > r + 40, "below zero is blue");
        (r, g, b) = Fill(root, "English, 中文（简体）: ");
        Assert.True(r > 240 && g > 240 && b > 240, "zero is white");
        Assert.Equal("#eeeeee", Cell(root, Names[3] + ", " + Names[3] + ": ").Attribute("fill")!.Value);
    }

    [Fact]
    public void Heatmap_TextOnCells_KeepsContrast()
    {
        // WCAG AA for text is 4.5 : 1; measured for every colour of both scales.
        foreach (bool diverging in new[] { true, false })
        {
            var figure = Heatmap(diverging) with { Values = Ramp(diverging ? -1 : 0, 1), Errors = null };
            var root = Parse(figure.ToSvg());
            var cells = root.Elements(Svg + "rect").Where(e => e.Element(Svg + "title") is not null).ToArray();
            Assert.Equal(16, cells.Length);
            foreach (var cell in cells)
            {
                var text = cell.ElementsAfterSelf().First(e => e.Name == Svg + "text");
                double ground = Luminance(cell.Attribute("fill")!.Value), ink = Luminance(text.Attribute("fill")!.Value);
                double contrast = (Math.Max(ground, ink) + 0.05) / (Math.Min(ground, ink) + 0.05);
                Assert.True(contrast >= 4.5, $"{cell.Value}: {contrast:F2}");
            }
        }
    }

    [Fact]
    public void Heatmap_Sequential_GetsDarkerAllTheWay()
    {
        var root = Parse((Heatmap(diverging: false) with { Values = Ramp(0, 1), Errors = null }).ToSvg());
        double[] lightness = [.. root.Elements(Svg + "rect").Where(e => e.Element(Svg + "title") is not null)
            .Select(e => Luminance(e.Attribute("fill")!.Value))];
        for (int i = 1; i < lightness.Length; i++) Assert.True(lightness[i] < lightness[i - 1], $"step {i}");
    }

    [Fact]
    public void Heatmap_NamesAndValuesDisagree_Refused() =>
        Assert.Throws<ArgumentException>(() => (Heatmap(diverging: true) with { Values = new double[3, 4] }).ToSvg());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LayerBars_EveryCount_IsABarOfItsHeight(bool stacked)
    {
        double[,] counts = { { 3, 0, 10 }, { 6, 2, 1 } };
        var figure = new LayerBarsFigure
        {
            Title = "Neurons", ValueAxis = "Neurons", Languages = ["en", "عربي"], Counts = counts, Stacked = stacked,
        };
        var bars = Parse(figure.ToSvg()).Elements(Svg + "rect").Where(e => e.Element(Svg + "title") is not null).ToArray();

        Assert.Equal(5, bars.Length); // a count of nothing draws nothing
        double unit = Number(Bar(bars, "en, layer 2: 10"), "height") / 10;
        Assert.Equal(3 * unit, Number(Bar(bars, "en, layer 0: 3"), "height"), 0.011);
        Assert.Equal(6 * unit, Number(Bar(bars, "عربي, layer 0: 6"), "height"), 0.011);
        double foot = Number(bars[0], "y") + Number(bars[0], "height");
        var second = Bar(bars, "عربي, layer 0: 6");
        double expected = stacked ? Number(bars[0], "y") : foot;
        Assert.Equal(expected, Number(second, "y") + Number(second, "height"), 0.021);
    }

    [Fact]
    public void LayerBars_ManyLayers_StayInsideThePage()
    {
        var counts = new double[12, 80];
        for (int l = 0; l < 12; l++)
        {
            for (int layer = 0; layer < 80; layer++) counts[l, layer] = (l * 31 + layer * 17) % 23;
        }

        var figure = new LayerBarsFigure
        {
            Title = "Many", Subtitle = "layers", ValueAxis = "Neurons", Counts = counts,
            Languages = [.. Enumerable.Range(0, 12).Select(i => $"language {i}")],
        };
        AssertInsidePage(Parse(figure.ToSvg()));
        AssertInsidePage(Parse(Heatmap(diverging: true).ToSvg()));
    }

    [Fact]
    public void Text_ForbiddenInXml_BecomesReplacementCharacter()
    {
        var figure = Heatmap(diverging: true) with { Title = "a\u0001b\uD800c\uFFFFd\ne" };
        Assert.Contains("a\uFFFDb\uFFFDc\uFFFDd e", Texts(Parse(figure.ToSvg())), StringComparer.Ordinal);
    }

    [Fact]
    public void Figures_SameInput_SameBytes() => Assert.Equal(Heatmap(diverging: true).ToSvg(), Heatmap(diverging: true).ToSvg());

    private static HeatmapFigure Heatmap(bool diverging)
    {
        double[,] values =
        {
            { 1.25, -0.5, -0.001, 0.1 }, { 0.2, 0.9, 0.01, 0 }, { 0.1, 0.2, 1.1, 0.3 }, { 0.4, 0.3, 0.2, double.NaN },
        };
        var errors = new double[4, 4];
        errors[0, 0] = 0.03;
        return new HeatmapFigure
        {
            Title = "A < B & C", Subtitle = "what it is", RowAxis = "Ablated set", ColumnAxis = "Evaluated language",
            ValueAxis = "Increase of NLL (nats per token)", Rows = Names, Columns = Names, Values = values, Errors = errors,
            Diverging = diverging,
        };
    }

    private static double[,] Ramp(double from, double to)
    {
        var values = new double[4, 4];
        for (int i = 0; i < 16; i++) values[i / 4, i % 4] = from + (to - from) * i / 15;
        return values;
    }

    private static XElement Parse(string svg)
    {
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", svg, StringComparison.Ordinal);
        var root = XDocument.Parse(svg).Root!;
        Assert.Equal(Svg + "svg", root.Name);
        return root;
    }

    private static List<string> Texts(XElement root) => [.. root.Elements(Svg + "text").Select(e => e.Value)];

    private static XElement Cell(XElement root, string start) => root.Elements(Svg + "rect")
        .First(e => e.Element(Svg + "title")?.Value.StartsWith(start, StringComparison.Ordinal) == true);

    private static XElement Bar(XElement[] bars, string title) => bars.Single(e => e.Element(Svg + "title")!.Value == title);

    private static (int R, int G, int B) Fill(XElement root, string start) => Components(Cell(root, start).Attribute("fill")!.Value);

    private static (int R, int G, int B) Components(string hex)
    {
        int value = int.Parse(hex.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (value >> 16, value >> 8 & 255, value & 255);
    }

    private static double Luminance(string hex)
    {
        var (r, g, b) = Components(hex);
        return 0.2126 * Linear(r) + 0.7152 * Linear(g) + 0.0722 * Linear(b);

        static double Linear(int c) => c <= 10 ? c / 255.0 / 12.92 : Math.Pow((c / 255.0 + 0.055) / 1.055, 2.4);
    }

    private static double Number(XElement element, string attribute) =>
        double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static void AssertInsidePage(XElement root)
    {
        double width = Number(root, "width"), height = Number(root, "height");
        foreach (var rect in root.Elements(Svg + "rect").Skip(1))
        {
            Assert.InRange(Number(rect, "x"), 0, width);
            Assert.InRange(Number(rect, "x") + Number(rect, "width"), 0, width);
            Assert.InRange(Number(rect, "y"), 0, height);
            Assert.InRange(Number(rect, "y") + Number(rect, "height"), 0, height);
        }

        foreach (var text in root.Elements(Svg + "text"))
        {
            Assert.InRange(Number(text, "x"), 0, width);
            Assert.InRange(Number(text, "y"), 0, height);
        }
    }

    [Fact]
    public void Figures_ForLookingAt_AreWrittenWhenAsked()
    {
        string? folder = Environment.GetEnvironmentVariable("BABEL_FIGURES");
        if (folder is null) return;
        File.WriteAllText(Path.Combine(folder, "heat.svg"), Heatmap(diverging: true).ToSvg());
        File.WriteAllText(Path.Combine(folder, "seq.svg"), (Heatmap(diverging: false) with { Values = Ramp(0, 1), Errors = null }).ToSvg());
        var random = new Random(1);
        foreach (int layers in new[] { 6, 32 })
        {
            var counts = new double[8, layers];
            for (int l = 0; l < 8; l++)
                for (int k = 0; k < layers; k++) counts[l, k] = random.Next(30);
            var f = new LayerBarsFigure
            {
                Title = "Language neurons per layer", Subtitle = "babel-nano, comparative rule, 2 % of the FFN neurons",
                ValueAxis = "Neurons (count)", Languages = ["ar", "de", "en", "es", "fi", "fr", "ru", "zh"], Counts = counts,
            };
            File.WriteAllText(Path.Combine(folder, $"bars{layers}.svg"), f.ToSvg());
        }
    }
}
