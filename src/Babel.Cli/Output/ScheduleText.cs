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

    /// <summary>The line about hidden states that wait in a file.</summary>
    public static string OfSpool(RunPlan plan) =>
        $"hidden states of {Format.Bytes(plan.HiddenBytes)}: {Format.Bytes(plan.SpoolBytes)} of them wait in a temporary file in {plan.Sweep.SpoolFolder}";

    /// <summary>A schedule's name.</summary>
    public static string Name(Schedule schedule) => schedule == Schedule.Token ? "token-major" : "layer-major";
}
