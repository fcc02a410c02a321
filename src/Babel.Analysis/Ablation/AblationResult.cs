using Babel.Analysis.Scoring;

namespace Babel.Analysis.Ablation;

/// <summary>Every set on every language.</summary>
/// <param name="Baseline">Scores of the model as it is.</param>
/// <param name="Rows">One for every set.</param>
/// <param name="Seeds">The seeds of the random controls, in the order of <see cref="AblationCell.Controls"/>.</param>
public sealed record AblationResult(
    IReadOnlyList<LanguageScore> Baseline, IReadOnlyList<AblationRow> Rows, IReadOnlyList<long> Seeds)
{
    /// <summary>The evaluated languages, in the order of the cells.</summary>
    public IReadOnlyList<string> Languages => [.. Baseline.Select(s => s.Language)];

    /// <summary>[sets, languages] of one number a cell.</summary>
    public double[,] Matrix(Func<AblationCell, double> value)
    {
        var matrix = new double[Rows.Count, Baseline.Count];
        for (int r = 0; r < Rows.Count; r++)
        {
            for (int c = 0; c < Baseline.Count; c++) matrix[r, c] = value(Rows[r].Cells[c]);
        }

        return matrix;
    }
}
