using Babel.Analysis.Planning;
using Babel.Model;

namespace Babel.Cli.Output;

/// <summary>What schedule a run has, and why, in one line.</summary>
internal static class ScheduleText
{
    /// <summary>The line for stderr.</summary>
    public static string Of(RunPlan plan)
    {
        string budget = $"{Format.Bytes(plan.Budget)}{(plan.IsBudgetGiven ? "" : " (80% of the memory there is)")}";
        string why = plan.IsScheduleGiven ? "as asked for"
            : plan.Schedule == Schedule.Token ? $"all weights and activations take about {Format.Bytes(plan.TokenMajorBytes)} of {budget}"
            : $"token-major would take about {Format.Bytes(plan.TokenMajorBytes)}, more than {budget}";
        return $"schedule: {Name(plan.Schedule)}; {why}";
    }

    /// <summary>What waits in temporary files, a line each.</summary>
    public static IEnumerable<string> OfFiles(RunPlan plan)
    {
        string folder = plan.ScoreSweep.SpoolFolder;
        if (plan.SpoolBytes > 0) yield return $"hidden states of {Format.Bytes(plan.HiddenBytes)}: {Format.Bytes(plan.SpoolBytes)} of them wait in a temporary file in {folder}";
        if (plan.SpoolsStatistics) yield return $"statistics of finished layers wait in a temporary file of {Format.Bytes(plan.StatisticsSpoolBytes)} in {folder}";
    }

    /// <summary>What somebody wants to know before a long run.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="gigaflopsPerSecond">The rate of a matrix product.</param>
    public static IEnumerable<string> OfWork(RunPlan plan, double gigaflopsPerSecond)
    {
        var work = plan.Work;
        if (work.Statistics is not null)
        {
            string passes = work.Statistics.Passes == 1 ? "one pass" : $"{work.Statistics.Passes} passes";
            yield return $"statistics: {passes} over {Format.Count(work.StatisticsTokens)} tokens of {Format.Count(work.Documents)} documents in {work.Languages} languages";
        }

        if (work.ScorePasses > 0) yield return $"scoring: {Format.Count(work.ScorePasses)} passes over {Format.Count(work.ScoreTokens)} tokens";
        yield return $"time: {OfTime(plan, gigaflopsPerSecond)}";
        yield return $"memory: about {Format.Bytes(plan.PeakBytes)} of {Format.Bytes(plan.Budget)}; weights are read {OfReads(plan)}";
        yield return $"disk: {Format.Bytes(plan.StoredBytes)} of statistics to keep, {Format.Bytes(plan.TemporaryBytes)} for a while";
    }

    /// <summary>How long the products take.</summary>
    public static string OfTime(RunPlan plan, double gigaflopsPerSecond) =>
        $"about {Format.Duration(TimeSpan.FromSeconds(plan.Flops / (gigaflopsPerSecond * 1e9)))} for products alone: "
            + $"{Format.Fixed(plan.Flops / 1e12, 1)} TFLOP at {Format.Fixed(gigaflopsPerSecond, 0)} GFLOP/s measured now";

    /// <summary>How often weights are read.</summary>
    public static string OfReads(RunPlan plan) => $"{(plan.WeightReads == 1 ? "once" : $"{Format.Count(plan.WeightReads)} times")}, {Format.Bytes(plan.BytesRead)}";

    /// <summary>A schedule's name.</summary>
    public static string Name(Schedule schedule) => schedule == Schedule.Token ? "token-major" : "layer-major";
}
