using System.Text.Json;
using Babel.Analysis.Planning;
using Babel.Cli.Output;
using Babel.Model;

namespace Babel.Cli.Reports;

/// <summary>What a run would need, under both schedules.</summary>
/// <param name="Chosen">The schedule the run would have.</param>
/// <param name="Token">Token-major.</param>
/// <param name="Layer">Layer-major.</param>
/// <param name="GigaflopsPerSecond">The rate of a matrix product, just measured.</param>
internal sealed record PlanReport(RunPlan Chosen, RunPlan Token, RunPlan Layer, double GigaflopsPerSecond)
{
    private double Seconds => Chosen.Flops / (GigaflopsPerSecond * 1e9);

    /// <summary>Tables.</summary>
    public void Write(TextWriter output, Style style)
    {
        var table = new Table(Column.Text("memory"), Column.Number("token-major"), Column.Number("layer-major"));
        void Row(string name, Func<RunPlan, long> bytes) => table.Add(name, Format.Bytes(bytes(Token)), Format.Bytes(bytes(Layer)));
        Row($"weights ({Format.Bytes(Chosen.Model.StorageBytes)} of {Chosen.Model.Storage} in files)", Weights);
        Row($"activations, {Format.Count(Math.Max(Chosen.Work.BatchTokens, Chosen.Work.LongestWindow))} tokens", p => p.ActivationBytes);
        Row("counts and sums of neurons", p => Statistics(p).Sums);
        Row("importance of documents", p => Statistics(p).Documents);
        Row("statistics in the making", p => Statistics(p).Transient);
        Row("hidden states in memory", Hidden);
        Row("program, text, tokenizer", p => RunPlan.ProgramBytes + p.Work.TextBytes);
        Row("at the worst moment", p => p.PeakBytes);
        table.WriteTo(output, style);
        output.WriteLine();
        foreach (var (name, value) in Facts()) output.WriteLine($"{name,-18}{value}");
    }

    /// <summary>The same for programs; bytes unless the name says otherwise.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("schedule", Word(Chosen));
        json.WriteBoolean("fits", Chosen.Fits);
        json.WriteNumber("budget", Chosen.Budget);
        json.WriteNumber("weightsInFiles", Chosen.Model.StorageBytes);
        json.WriteNumber("statisticsTokens", Chosen.Work.StatisticsTokens);
        json.WriteNumber("scoreTokens", Chosen.Work.ScoreTokens);
        json.WriteNumber("scorePasses", Chosen.Work.ScorePasses);
        json.WriteNumber("stored", Chosen.StoredBytes);
        json.Number("flops", Chosen.Flops);
        json.Number("gigaflopsPerSecond", GigaflopsPerSecond);
        json.Number("seconds", Seconds);
        foreach (var plan in new[] { Token, Layer })
        {
            json.WriteStartObject(Word(plan));
            json.WriteNumber("weights", Weights(plan));
            json.WriteNumber("activations", plan.ActivationBytes);
            json.WriteNumber("sums", Statistics(plan).Sums);
            json.WriteNumber("documents", Statistics(plan).Documents);
            json.WriteNumber("transient", Statistics(plan).Transient);
            json.WriteNumber("hiddenStates", Hidden(plan));
            json.WriteNumber("programAndText", RunPlan.ProgramBytes + plan.Work.TextBytes);
            json.WriteNumber("peak", plan.PeakBytes);
            json.WriteNumber("spool", plan.SpoolBytes);
            json.WriteNumber("statisticsSpool", plan.StatisticsSpoolBytes);
            json.WriteNumber("temporary", plan.TemporaryBytes);
            json.WriteNumber("weightReads", plan.WeightReads);
            json.WriteNumber("bytesRead", plan.BytesRead);
            json.WriteEndObject();
        }
    }

    private IEnumerable<(string Name, string Value)> Facts()
    {
        var (plan, work) = (Chosen, Chosen.Work);
        yield return ("budget", Format.Bytes(plan.Budget) + (plan.IsBudgetGiven ? "" : ", 80% of the memory there is; --memory sets it"));
        yield return ("schedule", ScheduleText.Name(plan.Schedule) + (plan.IsScheduleGiven ? ", as asked for" : plan.Schedule == Schedule.Token ? ": it fits" : ": token-major does not fit")
            + (plan.Fits ? "" : "; THE RUN DOES NOT FIT ITS BUDGET"));
        if (work.Statistics is not null) yield return ("statistics", $"{Format.Count(work.StatisticsTokens)} tokens, {Format.Count(work.Documents)} documents, {work.Languages} languages");
        if (work.ScorePasses > 0) yield return ("scoring", $"{Format.Count(work.ScorePasses)} passes of {Format.Count(work.ScoreTokens)} tokens, {plan.PassesAtOnce} at once");
        yield return ("weights read", ScheduleText.OfReads(plan));
        if (plan.Schedule == Schedule.Layer) yield return ("hidden states", $"{Format.Bytes(plan.HiddenBytes)} at once{(plan.SpoolBytes == 0 ? ", in memory" : $"; {Format.Bytes(plan.SpoolBytes)} of them in a temporary file")}");
        if (plan.SpoolsStatistics) yield return ("statistics wait", $"in a temporary file of {Format.Bytes(plan.StatisticsSpoolBytes)}, one layer in memory");
        yield return ("disk", $"{(plan.StoredBytes == 0 ? "" : $"{Format.Bytes(plan.StoredBytes)} of statistics to keep; ")}{(plan.TemporaryBytes == 0 ? "no temporary files" : $"{Format.Bytes(plan.TemporaryBytes)} for a while in {plan.ScoreSweep.SpoolFolder}")}");
        if (plan.Flops == 0)
        {
            yield return ("time", "--corpus names the text");
            yield break;
        }

        yield return ("time", ScheduleText.OfTime(plan, GigaflopsPerSecond));
    }

    private static string Word(RunPlan plan) => plan.Schedule == Schedule.Token ? "token" : "layer";

    private static long Weights(RunPlan plan) => plan.Schedule == Schedule.Token ? plan.Model.ResidentBytes : plan.LargestPart;

    private static StatisticsFootprint Statistics(RunPlan plan) => plan.Schedule == Schedule.Token ? plan.TokenStatistics : plan.LayerStatistics;

    private static long Hidden(RunPlan plan) => plan.Schedule == Schedule.Token ? 0 : plan.ResidentStateBytes + plan.WorkingStateBytes;
}
