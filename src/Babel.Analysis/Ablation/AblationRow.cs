namespace Babel.Analysis.Ablation;

/// <summary>One row of the delta matrix: one set on every language.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Neurons">How many units were switched off.</param>
/// <param name="Cells">One for every evaluated language.</param>
public sealed record AblationRow(string Set, int Neurons, IReadOnlyList<AblationCell> Cells)
{
    /// <summary>The cell of the set's own language, or null if the evaluation text has none of it.</summary>
    public AblationCell? Own => Cells.FirstOrDefault(c => c.Language == Set);

    /// <summary>Mean change of NLL per token over the other languages, unweighted; NaN if there is none.</summary>
    public double MeanOfOthers => Cells.Where(c => c.Language != Set).Select(c => c.Delta.Nll.Value).DefaultIfEmpty(double.NaN).Average();

    /// <summary>
    /// Own change of NLL over the mean of the others'. Where the others do not suffer at all (mean at or below 0) and the own language does, it is
    /// +infinity; where the own language does not suffer, a ratio means nothing and it is NaN unless the others' mean is above 0.
    /// </summary>
    public double Selectivity
    {
        get
        {
            double own = Own?.Delta.Nll.Value ?? double.NaN, others = MeanOfOthers;
            if (others > 0) return own / others;
            return own > 0 && others <= 0 ? double.PositiveInfinity : double.NaN;
        }
    }
}
