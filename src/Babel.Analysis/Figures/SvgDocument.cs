using System.Text;

namespace Babel.Analysis.Figures;

/// <summary>
/// A small writer of SVG 1.1: rectangles, lines and text on a white ground, in user units (pixels). Attribute values are numbers,
/// colours of this project and escaped text, so the result is well-formed whatever a language is called.
/// </summary>
internal sealed class SvgDocument
{
    /// <summary>Families that exist on Windows, macOS, Linux and in print workflows, then whatever the viewer has.</summary>
    private const string Fonts = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', sans-serif";

    private readonly StringBuilder _body = new();
    private readonly double _width;
    private readonly double _height;
    private readonly string _title;
    private readonly string _description;

    public SvgDocument(double width, double height, string title, string description)
    {
        _width = width;
        _height = height;
        _title = title;
        _description = description;
    }

    public void Rectangle(double x, double y, double width, double height, string fill, string? stroke = null, double strokeWidth = 1,
        string? tooltip = null)
    {
        _body.Append("<rect x=\"").Append(SvgText.Number(x)).Append("\" y=\"").Append(SvgText.Number(y))
            .Append("\" width=\"").Append(SvgText.Number(width)).Append("\" height=\"").Append(SvgText.Number(height))
            .Append("\" fill=\"").Append(fill).Append('"');
        if (stroke is not null)
            _body.Append(" stroke=\"").Append(stroke).Append("\" stroke-width=\"").Append(SvgText.Number(strokeWidth)).Append('"');
        if (tooltip is null)
            _body.Append("/>\n");
        else
            _body.Append("><title>").Append(SvgText.Escape(tooltip)).Append("</title></rect>\n");
    }

    public void Line(double x1, double y1, double x2, double y2, string stroke, double width = 1) =>
        _body.Append("<line x1=\"").Append(SvgText.Number(x1)).Append("\" y1=\"").Append(SvgText.Number(y1))
            .Append("\" x2=\"").Append(SvgText.Number(x2)).Append("\" y2=\"").Append(SvgText.Number(y2))
            .Append("\" stroke=\"").Append(stroke).Append("\" stroke-width=\"").Append(SvgText.Number(width)).Append("\"/>\n");

    /// <summary>
    /// One line of text. Every text is its own bidirectional isolate with a left-to-right base, so that the anchor means the same side
    /// for Arabic as for Latin, and a name cannot reorder what stands beside it.
    /// </summary>
    /// <param name="x">The anchor.</param>
    /// <param name="y">The base line.</param>
    /// <param name="text">Unescaped text.</param>
    /// <param name="size">Font size.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="fill">Colour.</param>
    /// <param name="bold">Bold face.</param>
    /// <param name="rotation">Degrees clockwise about the anchor.</param>
    public void Text(double x, double y, string text, double size, string anchor = "start", string fill = Palette.Ink, bool bold = false,
        double rotation = 0)
    {
        _body.Append("<text x=\"").Append(SvgText.Number(x)).Append("\" y=\"").Append(SvgText.Number(y))
            .Append("\" font-size=\"").Append(SvgText.Number(size)).Append("\" text-anchor=\"").Append(anchor)
            .Append("\" fill=\"").Append(fill).Append('"');
        if (bold) _body.Append(" font-weight=\"bold\"");
        if (rotation != 0)
        {
            _body.Append(" transform=\"rotate(").Append(SvgText.Number(rotation)).Append(' ').Append(SvgText.Number(x)).Append(' ')
                .Append(SvgText.Number(y)).Append(")\"");
        }

        _body.Append(" direction=\"ltr\" unicode-bidi=\"isolate\">").Append(SvgText.Escape(text)).Append("</text>\n");
    }

    /// <summary>The whole document, ending in a newline; the same bytes for the same calls.</summary>
    public override string ToString()
    {
        string width = SvgText.Number(_width), height = SvgText.Number(_height);
        return new StringBuilder(_body.Length + 800)
            .Append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"")
            .Append(width).Append("\" height=\"").Append(height).Append("\" viewBox=\"0 0 ").Append(width).Append(' ').Append(height)
            .Append("\" font-family=\"").Append(Fonts).Append("\" role=\"img\">\n<title>").Append(SvgText.Escape(_title))
            .Append("</title>\n<desc>").Append(SvgText.Escape(_description)).Append("</desc>\n<rect width=\"").Append(width)
            .Append("\" height=\"").Append(height).Append("\" fill=\"#ffffff\"/>\n").Append(_body).Append("</svg>\n").ToString();
    }
}
