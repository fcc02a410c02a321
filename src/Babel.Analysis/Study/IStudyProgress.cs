using Babel.Analysis.Planning;

namespace Babel.Analysis.Study;

/// <summary>Told what a study does. Called on the thread that runs it, often; an implementation that prints does so seldom.</summary>
public interface IStudyProgress
{
    /// <summary>How far a phase has come; the first call of a phase begins it.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="done">Done so far in the phase's unit (<see cref="StudyPhase"/>).</param>
    /// <param name="total">All there is to do now, without what an earlier run had finished; 0 where nothing is counted.</param>
    /// <param name="detail">What is being done, for people, for example <c>set de (3 of 49)</c>.</param>
    void Report(StudyPhase phase, long done, long total, string detail);

    /// <summary>What the run needs, and the schedule that follows from it; once, not where a finished study is shown again.</summary>
    /// <param name="plan">Of a whole study; what an earlier run had finished is not taken off.</param>
    /// <param name="gigaflopsPerSecond">The device's rate of a matrix product (<see cref="ProductRate"/>), just measured.</param>
    void Planned(RunPlan plan, double gigaflopsPerSecond);

    /// <summary>Something people should know: a run goes on, documents were split, a set is empty.</summary>
    void Note(string message);
}
