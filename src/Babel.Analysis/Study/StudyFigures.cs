using System.Globalization;
using Babel.Analysis.Figures;
using Babel.Analysis.Selection;

namespace Babel.Analysis.Study;

/// <summary>The figures of a study.</summary>
internal static class StudyFigures
{
    /// <summary>Names and SVG documents.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(StudyResult result)
    {
        yield return ("deltas", Deltas(result));
        foreach (var selection in result.Selections)
        {
            foreach (var group in new[] { NeuronGroup.Ffn, NeuronGroup.Attention })
            {
                if (!selection.Sets.Any(s => s.Ids.Any(id => group.Contains(id.Part)))) continue;
                string name = $"{FileName(selection.Method)}-{FileName(group.ToString())}";
                yield return ("layers-" + name, Layers(result, selection, group));
            }
        }

        foreach (var overlap in result.Overlaps)
            yield return ($"overlap-{FileName(overlap.Method)}-{FileName(overlap.Overlap.Group.ToString())}", Overlap(overlap));
    }

    private static string Deltas(StudyResult result)
    {
        var ablation = result.Ablation;
        int largest = ablation.Rows.Max(r => r.Neurons);
        string share = (100.0 * largest / result.Shape.FfnNeurons).ToString("0.0", CultureInfo.InvariantCulture);
        return new HeatmapFigure
        {
            Title = "What switching off a language's neurons does to every language",
            Subtitle = $"Increase of NLL ± paired standard error over documents; at most {largest} neurons off ({share} % of the FFN neurons)",
            RowAxis = "Neurons switched off",
            ColumnAxis = "Evaluated language",
            ValueAxis = "ΔNLL (nats per token)",
            Rows = [.. ablation.Rows.Select(r => r.Set)],
            Columns = ablation.Languages,
            Values = ablation.Matrix(c => c.Delta.Nll.Value),
            Errors = ablation.Matrix(c => c.Delta.Nll.StandardError),
            Diverging = true,
            Format = "0.000",
        }.ToSvg();
    }

    private static string Layers(StudyResult result, LanguageNeurons selection, NeuronGroup group)
    {
        int layers = result.Shape.Layers;
        var counts = new double[selection.Sets.Count, layers];
        for (int s = 0; s < selection.Sets.Count; s++)
        {
            foreach (var id in selection.Sets[s].Ids.Where(id => group.Contains(id.Part))) counts[s, id.Layer]++;
        }

        return new LayerBarsFigure
        {
            Title = $"{GroupName(group)} neurons per layer by language",
            Subtitle = $"Selected by {MethodName(selection.Method)}",
            ValueAxis = "Neurons (count)",
            Languages = [.. selection.Sets.Select(s => s.Language)],
            Counts = counts,
        }.ToSvg();
    }

    private static string Overlap(MethodOverlap overlap) => new HeatmapFigure
    {
        Title = $"Overlap of the {GroupName(overlap.Overlap.Group)} sets, {MethodName(overlap.Method)}",
        Subtitle = "Share of the row's set that is in the column's set, |A ∩ B| / |A|",
        RowAxis = "Set A",
        ColumnAxis = "Set B",
        ValueAxis = "Share of A",
        Rows = overlap.Overlap.Languages,
        Columns = overlap.Overlap.Languages,
        Values = overlap.Overlap.Share,
        Limit = 1,
    }.ToSvg();

    private static string GroupName(NeuronGroup group) => group == NeuronGroup.Ffn ? "FFN" : "Attention";

    private static string MethodName(string method) => method switch
    {
        "comparative" => "the comparative rule",
        "lape" => "LAPE",
        "plnd.exact" => "PLND",
        "plnd.repo" => "PLND as released",
        _ => method,
    };

    private static string FileName(string name) => name.ToLowerInvariant().Replace('.', '-');
}
