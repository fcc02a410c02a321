using System.Globalization;
using Babel.Analysis.Selection;
using Babel.Cli.Output;

namespace Babel.Cli.Reports;

/// <summary>How many neurons each language has, by layer and part, and how the sets overlap.</summary>
internal static class SelectionReport
{
    private const int ColumnsAtOnce = 12;

    /// <summary>Rows languages, columns layers; many layers make several tables.</summary>
    public static void WriteLayers(IReadOnlyList<NeuronSet> sets, int layers, TextWriter output, Style style)
    {
        output.WriteLine("Neurons by language and layer");
        int[][] counts = [.. sets.Select(s => s.CountsByLayer(layers))];
        for (int first = 0; first < layers; first += ColumnsAtOnce)
        {
            int[] shown = [.. Enumerable.Range(first, Math.Min(ColumnsAtOnce, layers - first))];
            var table = new Table([Column.Text("language"), Column.Number("all"), .. shown.Select(l => Column.Number($"L{l}"))]);
            for (int s = 0; s < sets.Count; s++)
            {
                int row = s;
                table.Add([sets[s].Language, Format.Count(sets[s].Neurons.Count), .. shown.Select(l => Format.Count(counts[row][l]))]);
            }

            table.WriteTo(output, style);
        }
    }

    /// <summary>Rows languages, columns the parts that occur.</summary>
    public static void WriteParts(IReadOnlyList<NeuronSet> sets, TextWriter output, Style style)
    {
        var parts = sets.SelectMany(s => s.Ids.Select(id => id.Part)).Distinct().Order().ToList();
        if (parts.Count < 2) return;
        output.WriteLine("Neurons by language and part");
        var table = new Table([Column.Text("language"), .. parts.Select(p => Column.Number(p.ToString()))]);
        foreach (var set in sets) table.Add([set.Language, .. parts.Select(p => Format.Count(set.Ids.Count(id => id.Part == p)))]);
        table.WriteTo(output, style);
    }

    /// <summary>Percent of the row's neurons that the column's language has too.</summary>
    public static void WriteOverlap(SetOverlap overlap, TextWriter output, Style style)
    {
        output.WriteLine("Overlap: percent of the row's neurons that are also the column's");
        var languages = overlap.Languages;
        for (int first = 0; first < languages.Count; first += ColumnsAtOnce)
        {
            int[] shown = [.. Enumerable.Range(first, Math.Min(ColumnsAtOnce, languages.Count - first))];
            var table = new Table([Column.Text("of"), .. shown.Select(c => Column.Number(languages[c]))]);
            for (int r = 0; r < languages.Count; r++)
            {
                int row = r;
                table.Add([languages[r], .. shown.Select(c => (100 * overlap.Share[row, c]).ToString("F1", CultureInfo.InvariantCulture))]);
            }

            table.WriteTo(output, style);
        }
    }
}
