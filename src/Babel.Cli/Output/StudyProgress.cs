using Babel.Analysis.Planning;
using Babel.Analysis.Study;

namespace Babel.Cli.Output;

/// <summary>A study's phases on the progress line.</summary>
internal sealed class StudyProgress(ProgressReporter progress) : IStudyProgress
{
    /// <inheritdoc/>
    public void Report(StudyPhase phase, long done, long total, string detail) =>
        progress.Report(Name(phase), done, total, detail.Length == 0 ? null : detail);

    /// <inheritdoc/>
    public void Planned(RunPlan plan, double gigaflopsPerSecond)
    {
        foreach (string line in ScheduleText.OfWork(plan, gigaflopsPerSecond).Prepend(ScheduleText.Of(plan))) progress.Say(line);
    }

    /// <inheritdoc/>
    public void Note(string message) => progress.Say(message);

    private static string Name(StudyPhase phase) => phase switch
    {
        StudyPhase.Load => "loading",
        StudyPhase.Tokenize => "encoding",
        StudyPhase.Statistics => "statistics",
        StudyPhase.Select => "selecting neurons",
        StudyPhase.Ablate => "ablation",
        _ => "writing",
    };
}
