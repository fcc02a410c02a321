using Babel.Analysis.Ablation;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Model;

namespace Babel.Analysis.Study;

/// <summary>The tables of a study, as long-form CSV.</summary>
internal static class StudyTables
{
    /// <summary>Scores of the model as it is.</summary>
    public static string Scores(AblationResult result)
    {
        var table = new CsvTable(
            "language", "documents", "tokens", "bytes", "nll", "nll_se", "perplexity", "perplexity_se", "bits_per_byte", "bits_per_byte_se");
        foreach (var s in result.Baseline)
        {
            table.Add(
                s.Language, s.Documents, s.Tokens, s.Bytes, s.Nll.Value, s.Nll.StandardError, s.Perplexity.Value,
                s.Perplexity.StandardError, s.BitsPerByte.Value, s.BitsPerByte.StandardError);
        }

        return table.ToString();
    }

    /// <summary>The delta matrix, one row a cell.</summary>
    public static string Deltas(AblationResult result)
    {
        var table = new CsvTable(
            "set", "language", "neurons", "delta_nll", "delta_nll_se", "relative", "relative_se", "delta_perplexity",
            "delta_perplexity_se", "controls", "control_mean", "control_sd", "z");
        foreach (var row in result.Rows)
        {
            foreach (var c in row.Cells)
            {
                LanguageDelta d = c.Delta;
                table.Add(
                    row.Set, c.Language, row.Neurons, d.Nll.Value, d.Nll.StandardError, d.Relative.Value, d.Relative.StandardError,
                    d.Perplexity.Value, d.Perplexity.StandardError, c.Controls.Count, c.ControlMean, c.ControlDeviation, c.Z);
            }
        }

        return table.ToString();
    }

    /// <summary>Every random control by itself.</summary>
    public static string Controls(AblationResult result)
    {
        var table = new CsvTable("set", "language", "seed", "delta_nll");
        foreach (var row in result.Rows)
        {
            foreach (var cell in row.Cells)
            {
                for (int i = 0; i < cell.Controls.Count; i++) table.Add(row.Set, cell.Language, result.Seeds[i], cell.Controls[i]);
            }
        }

        return table.ToString();
    }

    /// <summary>Overlaps of every selection.</summary>
    public static string Overlap(StudyResult result)
    {
        var table = new CsvTable("method", "group", "a", "b", "common", "share_of_a", "jaccard");
        foreach (var (method, o) in result.Overlaps)
        {
            for (int i = 0; i < o.Languages.Count; i++)
            {
                for (int j = 0; j < o.Languages.Count; j++)
                {
                    table.Add(
                        method, o.Group.ToString(), o.Languages[i], o.Languages[j], o.Common[i, j], o.Share[i, j], o.Jaccard[i, j]);
                }
            }
        }

        return table.ToString();
    }

    /// <summary>How many neurons of each part every layer has in every set; rows of nothing are left out.</summary>
    public static string Layers(StudyResult result)
    {
        var table = new CsvTable("method", "language", "part", "layer", "neurons");
        foreach (var selection in result.Selections)
        {
            foreach (var set in selection.Sets)
            {
                foreach (var part in Enum.GetValues<NeuronPart>())
                {
                    int[] counts = set.CountsByLayer(result.Shape.Layers, part);
                    for (int layer = 0; layer < counts.Length; layer++)
                    {
                        if (counts[layer] > 0) table.Add(selection.Method, set.Language, part.ToString(), layer, counts[layer]);
                    }
                }
            }
        }

        return table.ToString();
    }
}
