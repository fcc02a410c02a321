using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;

namespace Babel.Analysis.Planning;

/// <summary>What a run needs, and the schedule that follows from it, before a weight is read.</summary>
public sealed record RunPlan
{
    /// <summary>The program, its compiled code and its managed heap, before it has done anything: measured, rounded up.</summary>
    public const long ProgramBytes = 112L << 20;

    private const int MostPassesAtOnce = 16;

    /// <summary>Up to where hidden states fill the budget: what is foretold is not exact.</summary>
    private const double FillShare = 0.95;

    private RunPlan(ModelFootprint model, Workload work)
    {
        Model = model;
        Work = work;
    }

    /// <summary>The model.</summary>
    public ModelFootprint Model { get; }

    /// <summary>What is to be done.</summary>
    public Workload Work { get; }

    /// <summary>Bytes the run may use.</summary>
    public required long Budget { get; init; }

    /// <summary>Whether somebody named the budget, or it is a share of what there is.</summary>
    public required bool IsBudgetGiven { get; init; }

    /// <summary>The order of batches and layers.</summary>
    public Schedule Schedule { get; private init; }

    /// <summary>Whether the schedule was asked for, not chosen.</summary>
    public required bool IsScheduleGiven { get; init; }

    /// <summary>Bytes of the buffers a batch runs through, and of the cache of keys and values where there is one.</summary>
    public required long ActivationBytes { get; init; }

    /// <summary>Memory of the statistics, when all weights are in memory.</summary>
    public required StatisticsFootprint TokenStatistics { get; init; }

    /// <summary>Memory of the statistics, layer by layer.</summary>
    public required StatisticsFootprint LayerStatistics { get; init; }

    /// <summary>Whether the importance of single documents waits in a temporary file, because it does not fit.</summary>
    public bool SpoolsDocuments { get; private init; }

    /// <summary>Bytes of one token row's hidden state.</summary>
    public required long StateBytes { get; init; }

    /// <summary>Bytes of memory with all weights loaded.</summary>
    public long TokenMajorBytes => ProgramBytes + Work.TextBytes + ActivationBytes + TokenStatistics.Bytes + Model.ResidentBytes;

    /// <summary>
    /// Least bytes of memory layer by layer, with hidden states spooled but for one batch and its copy on the way: while statistics are taken, or while the
    /// unembedding is in memory.
    /// </summary>
    public long LayerMajorBytes
    {
        get
        {
            long kept = LayerStatistics.Bytes - LayerStatistics.Transient;
            long counting = LayerStatistics.Bytes + LargestBeforeOutput, scoring = Work.ScorePasses > 0 ? kept + LargestPart : 0;
            return ProgramBytes + Work.TextBytes + ActivationBytes + Math.Max(counting, scoring) + WorkingStateBytes;
        }
    }

    /// <summary>Bytes of the largest part of the weights that is in memory at once, layer-major.</summary>
    public long LargestPart => Work.ScorePasses > 0 ? Math.Max(LargestBeforeOutput, Model.OutputBytes) : LargestBeforeOutput;

    /// <summary>Bytes of hidden states of the longer reading: of the statistics, or of one scoring pass.</summary>
    public long HiddenBytes => Math.Max(Work.StatisticsTokens * StatisticsPasses, Work.ScoreTokens) * StateBytes;

    /// <summary>Bytes of the hidden states in flight, layer-major: one batch's, and their copy on the way to a file.</summary>
    public long WorkingStateBytes => 2 * RowsOf(Work) * StateBytes;

    /// <summary>Bytes of hidden states that stay in memory, layer-major: up to a twentieth below the budget.</summary>
    public long ResidentStateBytes => Math.Min(HiddenBytes * MostPassesAtOnce, Math.Max(0, (long)(Budget * FillShare) - LayerMajorBytes));

    /// <summary>Bytes of hidden states in the temporary file, layer-major.</summary>
    public long SpoolBytes => Schedule == Schedule.Layer ? Math.Max(0, HiddenBytes - ResidentStateBytes) : 0;

    /// <summary>Scoring passes computed together.</summary>
    public int PassesAtOnce => Schedule == Schedule.Token || Work.ScoreTokens == 0
        ? 1 : (int)Math.Clamp(ResidentStateBytes / (Work.ScoreTokens * StateBytes), 1, Math.Min(MostPassesAtOnce, Math.Max(1, Work.ScorePasses)));

    /// <summary>How often weights are read: once, or layer-major for every sweep.</summary>
    public int WeightReads => Schedule == Schedule.Token
        ? 1 : (Work.Statistics is null ? 0 : 1) + ((Work.ScorePasses + PassesAtOnce - 1) / PassesAtOnce);

    /// <summary>Bytes of weights read from files.</summary>
    public long BytesRead => Schedule == Schedule.Token
        ? Model.StorageBytes
        : (Work.Statistics is null ? 0 : Model.SweepBytes(Work.DistinctIds, logProbs: false))
            + ((WeightReads - (Work.Statistics is null ? 0 : 1)) * Model.SweepBytes(Work.DistinctIds, logProbs: true));

    /// <summary>Bytes of memory the run is expected to use at its peak.</summary>
    public long PeakBytes => Schedule == Schedule.Token ? TokenMajorBytes : LayerMajorBytes + ResidentStateBytes;

    /// <summary>Floating-point operations of all forward passes, without attention itself and what is observed.</summary>
    public double Flops =>
        (Work.StatisticsTokens * StatisticsPasses * Model.FlopsPerToken(logProbs: false))
        + ((double)Work.ScoreTokens * Work.ScorePasses * Model.FlopsPerToken(logProbs: true));

    /// <summary>Whether the schedule's memory is within the budget.</summary>
    public bool Fits => (Schedule == Schedule.Token ? TokenMajorBytes : LayerMajorBytes) <= Budget;

    /// <summary>Where hidden states wait.</summary>
    public SweepOptions Sweep => new() { ResidentBytes = ResidentStateBytes };

    private long LargestBeforeOutput => Math.Max(Model.InputBytesOf(Work.DistinctIds), Model.LayerBytes.Max());

    private int StatisticsPasses => Work.Statistics?.QkImportance == ImportanceForms.Both ? 2 : 1;

    /// <summary>Token rows of the largest batch: no more than there are.</summary>
    private static long RowsOf(Workload work)
    {
        long all = Math.Max(work.StatisticsTokens, work.ScoreTokens);
        return Math.Max(all == 0 ? work.BatchTokens : Math.Min(all, work.BatchTokens), work.LongestWindow);
    }

    /// <summary>Tokens of the longest window: a whole batch where nobody has said.</summary>
    private static long LongestOf(Workload work) => work.LongestWindow > 1 ? work.LongestWindow : RowsOf(work);

    /// <summary>Plans a run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="work">What is to be done.</param>
    /// <param name="budget">Bytes it may use; null for <see cref="MemoryBudget.Default"/>.</param>
    /// <param name="schedule">The schedule; null for token-major where it fits.</param>
    public static RunPlan Of(ModelFootprint model, Device device, Workload work, long? budget = null, Schedule? schedule = null)
    {
        var shape = ModelShape.Of(model.Spec);
        long rows = RowsOf(work);
        var probes = work.Statistics is null ? ProbePlan.None : StatisticsCollector.PlanOf(work.Statistics, shape);
        StatisticsFootprint Footprint(bool layerMajor, bool spooled) => work.Statistics is null
            ? default : StatisticsFootprint.Of(shape, work.Statistics, work.Languages, work.Documents, layerMajor, spooled);
        var plan = new RunPlan(model, work)
        {
            Budget = budget ?? MemoryBudget.Default,
            IsBudgetGiven = budget is not null,
            IsScheduleGiven = schedule is not null,
            ActivationBytes = ActivationFootprint.Of(model.Spec, device, rows, work.SequencesPerBatch, LongestOf(work), model.Storage, probes, work.ScorePasses > 0)
                + (work.CacheTokens * 2 * model.Spec.KvWidth * model.Spec.Layers * device.ComputeType.Size()),
            TokenStatistics = Footprint(layerMajor: false, spooled: false),
            LayerStatistics = Footprint(layerMajor: true, spooled: false),
            StateBytes = (long)model.Spec.ModelWidth * device.ComputeType.Size(),
        };
        plan = plan with { Schedule = schedule ?? (plan.TokenMajorBytes <= plan.Budget ? Schedule.Token : Schedule.Layer) };
        return plan.Fits || plan.Schedule == Schedule.Token || work.Statistics is not { KeepDocuments: true }
            ? plan : plan with { SpoolsDocuments = true, LayerStatistics = Footprint(layerMajor: true, spooled: true) };
    }

    /// <summary>Refuses a run that would go beyond its budget.</summary>
    /// <exception cref="DeviceMemoryException">It would.</exception>
    public void RequireFit()
    {
        if (Fits) return;
        long needed = Schedule == Schedule.Token ? TokenMajorBytes : LayerMajorBytes;
        throw new DeviceMemoryException(
            "the run does not fit the memory it may use",
            where: $"{(Schedule == Schedule.Token ? "token-major, all weights in memory" : "layer-major")}",
            expected: $"at most {Mebibytes(Budget)}{(IsBudgetGiven ? "" : ", four fifths of what there is")}",
            found: $"about {Mebibytes(needed)}: {Largest()}",
            hint: Hint());
    }

    private string Largest()
    {
        var statistics = Schedule == Schedule.Token ? TokenStatistics : LayerStatistics;
        long weights = Schedule == Schedule.Token ? Model.ResidentBytes : LargestPart;
        return $"weights {Mebibytes(weights)}, activations {Mebibytes(ActivationBytes)}, statistics {Mebibytes(statistics.Bytes)}, program and text {Mebibytes(ProgramBytes + Work.TextBytes)}";
    }

    private string Hint() => Schedule == Schedule.Token
        ? $"--schedule layer needs about {Mebibytes(LayerMajorBytes)}; or give more with --memory"
        : LayerStatistics.Documents + LayerStatistics.Transient > LayerMajorBytes - Budget
            ? "--no-documents keeps no importance by document; or give more with --memory"
            : "a smaller --batch-tokens or --context, fewer languages in a run, or more with --memory";

    private static string Mebibytes(long bytes) => $"{(bytes + (1 << 20) - 1) >> 20} MiB";
}
