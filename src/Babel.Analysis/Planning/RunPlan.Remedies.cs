using Babel.Kernels.Errors;
using Babel.Model;

namespace Babel.Analysis.Planning;

/// <content>What is said of a run that does not fit: only what is true of it.</content>
public sealed partial record RunPlan
{
    private const int FewestTokens = 64;

    /// <summary>Refuses a run that would go beyond its budget, and says which of the options it has would help, and how much.</summary>
    /// <param name="remedies">What the command has options for.</param>
    /// <exception cref="DeviceMemoryException">It would.</exception>
    public void RequireFit(Remedies remedies)
    {
        if (Fits) return;
        var statistics = Schedule == Schedule.Token ? TokenStatistics : LayerStatistics;
        long weights = Schedule == Schedule.Token ? Model.ResidentBytes : LargestPart;
        throw new DeviceMemoryException(
            "the run does not fit the memory it may use",
            where: Schedule == Schedule.Token ? "token-major, all weights in memory" : "layer-major",
            expected: $"at most {Mebibytes(Budget)}{(IsBudgetGiven ? "" : ", four fifths of what there is")}",
            found: $"about {Mebibytes(NeededBytes)}: weights {Mebibytes(weights)}, activations {Mebibytes(ActivationBytes)}, "
                + $"statistics {Mebibytes(statistics.Bytes)}, program and text {Mebibytes(ProgramBytes + Work.TextBytes)}",
            hint: string.Join("; or ", [.. Helpful(remedies), $"--memory {Mebibytes(NeededBytes)[..^4]}MiB"]));
    }

    private long NeededBytes => Schedule == Schedule.Token ? TokenMajorBytes : LayerMajorBytes;

    private IEnumerable<string> Helpful(Remedies remedies)
    {
        if (remedies.HasFlag(Remedies.Schedule) && Schedule == Schedule.Token && Of(Model, _device, Work, Budget, Schedule.Layer) is { Fits: true } layered)
            yield return $"--schedule layer, which needs about {Mebibytes(layered.LayerMajorBytes)}";
        if (remedies.HasFlag(Remedies.BatchTokens) && Halved(Work.BatchTokens, n => Work with { BatchTokens = n }) is { } batch) yield return $"--batch-tokens {batch}";
        if (remedies.HasFlag(Remedies.Context) && Work.LongestWindow > FewestTokens
            && Halved(Work.LongestWindow, n => Work with { LongestWindow = n, BatchTokens = Math.Min(n, Work.BatchTokens) }) is { } window)
            yield return $"--context {window}{(window < Work.BatchTokens ? $" --batch-tokens {window}" : "")}";
        if (Work.Statistics is not { } options) yield break;
        if (remedies.HasFlag(Remedies.NoDocuments) && options.KeepDocuments && With(Work with { Statistics = options with { KeepDocuments = false } }).Fits)
            yield return "--no-documents, which keeps no importance by document";
        if (remedies.HasFlag(Remedies.Languages) && Halved(Work.Languages, Of) is { } languages)
            yield return $"{languages} {(languages == 1 ? "language" : "languages")} in a run (--languages)";
    }

    /// <summary>A half, a quarter and so on of a number: the first that fits.</summary>
    private int? Halved(int number, Func<int, Workload> change)
    {
        int least = number < FewestTokens ? 1 : FewestTokens;
        for (int n = number / 2; n >= least; n /= 2)
        {
            if (With(change(n)).Fits) return n;
        }

        return null;
    }

    private Workload Of(int languages) => Work with
    {
        Languages = languages,
        DocumentTokens = [.. Work.DocumentTokens.Take((int)((long)Work.Documents * languages / Work.Languages))],
    };

    private RunPlan With(Workload work) => Of(Model, _device, work, Budget, IsScheduleGiven ? Schedule : null);

    private static string Mebibytes(long bytes) => $"{(bytes + (1 << 20) - 1) >> 20} MiB";
}
