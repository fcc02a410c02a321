using Babel.Analysis.Scoring;

namespace Babel.Analysis.Ablation;

/// <summary>What switching off one set does to one language, beside what chance does.</summary>
/// <param name="Delta">The change, with paired errors over documents.</param>
/// <param name="Controls">The change of NLL per token under every random control, seed by seed.</param>
public sealed record AblationCell(LanguageDelta Delta, IReadOnlyList<double> Controls)
{
    /// <summary>The evaluated language.</summary>
    public string Language => Delta.Language;

    /// <summary>Mean over the controls; NaN without controls.</summary>
    public double ControlMean { get; } = Controls.Count == 0 ? double.NaN : Controls.Average();

    /// <summary>Sample standard deviation over the controls (n - 1); NaN for fewer than two.</summary>
    public double ControlDeviation { get; } = Deviation(Controls);

    /// <summary>
    /// <c>(delta - mean) / deviation</c> of the change of NLL against the controls. With few seeds the deviation is itself uncertain (for five
    /// normal draws by about a third), so z orders findings; it is no quantile. NaN where the deviation is missing or 0.
    /// </summary>
    public double Z => ControlDeviation > 0 ? (Delta.Nll.Value - ControlMean) / ControlDeviation : double.NaN;

    private static double Deviation(IReadOnlyList<double> values)
    {
        if (values.Count < 2) return double.NaN;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }
}
