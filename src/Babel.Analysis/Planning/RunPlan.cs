using Babel.Analysis.Scoring;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;

namespace Babel.Analysis.Planning;

/// <summary>What a run needs, and the schedule that follows from it, before a weight is read.</summary>
/// <remarks>
/// A run has one or two phases: statistics are taken, then text is scored. Statistics are gone from memory before the second begins; buffers are not.
/// </remarks>
public sealed partial record RunPlan
{
    /// <summary>The program, its compiled code and its managed heap, before it has done anything: measured, rounded up.</summary>
    public const long ProgramBytes = 112L << 20;

    /// <summary>Up to where hidden states fill the budget: what is foretold is not exact.</summary>
    private const double FillShare = 0.95;

    /// <summary>Documents of a layer-major unit that have to fit.</summary>
    private const int FewDocuments = 64;

    private readonly Device _device;

    private RunPlan(ModelFootprint model, Device device, Workload work)
    {
        (Model, _device, Work) = (model, device, work);
        var shape = ModelShape.Of(model.Spec);
        long rows = RowsOf(work);
        var probes = work.Statistics is null ? ProbePlan.None : StatisticsCollector.PlanOf(work.Statistics, shape);
        StateBytes = (long)model.Spec.ModelWidth * device.ComputeType.Size();
        ActivationBytes = ActivationFootprint.Of(model.Spec, device, rows, work.SequencesPerBatch, LongestOf(work), model.Storage, probes, work.ScorePasses > 0, work.CacheTokens)
            + (work.CacheTokens * 2 * model.Spec.KvWidth * model.Spec.Layers * device.ComputeType.Size());
        WorkingStateBytes = SweepOptions.WorkingBytes(rows, StateBytes);
        DocumentsAtOnce = int.MaxValue;
        if (work.Statistics is not { } options) return;
        DocumentsAtOnce = StatisticsUnits.MostDocuments(shape, options);
        TokenStatistics = StatisticsFootprint.TokenMajor(shape, options, work.Languages, work.Documents);
        LayerStatistics = StatisticsFootprint.LayerMajor(shape, options, work.Languages, work.Documents);
        StoredBytes = StatisticsFootprint.StoredBytes(shape, options, work.Languages, work.Documents);
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
    public long ActivationBytes { get; }

    /// <summary>Memory of the statistics, when all weights are in memory.</summary>
    public StatisticsFootprint TokenStatistics { get; }

    /// <summary>Memory of the statistics, layer by layer.</summary>
    public StatisticsFootprint LayerStatistics { get; private init; }

    /// <summary>Whether statistics of finished layers wait in a temporary file, because they do not fit, or because there are several units to put together.</summary>
    public bool SpoolsStatistics { get; private init; }

    /// <summary>Documents that statistics are taken of at once at most, layer-major.</summary>
    public int DocumentsAtOnce { get; private init; }

    /// <summary>Bytes of the file the statistics end in.</summary>
    public long StoredBytes { get; }

    /// <summary>Bytes of one token row's hidden state.</summary>
    public long StateBytes { get; }

    /// <summary>Bytes of hidden states in flight, layer-major: one batch's where states are spooled, and the piece on its way to the file.</summary>
    public long WorkingStateBytes { get; }

    /// <summary>Bytes of memory with all weights loaded.</summary>
    public long TokenMajorBytes => ProgramBytes + Work.TextBytes + ActivationBytes + TokenStatistics.Bytes + Model.ResidentBytes;

    /// <summary>Least bytes of memory layer by layer, with hidden states spooled but for one batch.</summary>
    public long LayerMajorBytes => Math.Max(Work.Statistics is null ? 0 : CountingBytes, Work.ScorePasses > 0 ? ScoringBytes : 0);

    /// <summary>Bytes of the largest part of the weights that is in memory at once, layer-major.</summary>
    public long LargestPart => Work.ScorePasses > 0 ? Math.Max(LargestBeforeOutput, Model.OutputBytes) : LargestBeforeOutput;

    /// <summary>Where hidden states wait while statistics are taken.</summary>
    public SweepOptions StatisticsSweep => Spool with { ResidentBytes = Room(CountingBytes) };

    /// <summary>Where hidden states wait while text is scored.</summary>
    public SweepOptions ScoreSweep => Spool with { ResidentBytes = Room(ScoringBytes) };

    /// <summary>Scoring passes computed together.</summary>
    public int PassesAtOnce => Schedule == Schedule.Token || Work.ScorePasses == 0
        ? 1 : Math.Min(Scorer.PassesWorthwhile(ScoreSweep, Work.ScoreTokens, StateBytes), Work.ScorePasses);

    /// <summary>Units that statistics are taken of one after another: of one language's documents, or layer-major what there is room for.</summary>
    public int StatisticsReads => Work.Statistics is null ? 0 : Math.Max(1, Units().Count);

    /// <summary>How often weights are read: once, or layer-major for every unit of documents and for every group of scoring passes.</summary>
    public int WeightReads => Schedule == Schedule.Token ? 1 : StatisticsReads + ScoreReads;

    /// <summary>Bytes of weights read from files.</summary>
    public long BytesRead => Schedule == Schedule.Token
        ? Model.StorageBytes
        : (StatisticsReads * Model.SweepBytes(Work.StatisticsIds, logProbs: false)) + (ScoreReads * Model.SweepBytes(Work.ScoreIds, logProbs: true));

    /// <summary>Bytes of hidden states that wait between layers at the same time at most, in memory or in the temporary file.</summary>
    public long HiddenBytes => Schedule == Schedule.Token ? 0 : Math.Max(StatisticsHidden, ScoreHidden);

    /// <summary>Bytes of hidden states in memory at most, layer-major.</summary>
    public long ResidentStateBytes => Math.Max(Math.Min(StatisticsHidden, StatisticsSweep.ResidentBytes), Math.Min(ScoreHidden, ScoreSweep.ResidentBytes));

    /// <summary>Bytes of hidden states in the temporary file at most, layer-major.</summary>
    public long SpoolBytes => Schedule == Schedule.Token
        ? 0 : Math.Max(StatisticsHidden - StatisticsSweep.ResidentBytes, Math.Max(0, ScoreHidden - ScoreSweep.ResidentBytes));

    /// <summary>Bytes of statistics in the temporary file at most; twice them while units are put together.</summary>
    public long StatisticsSpoolBytes => !SpoolsStatistics ? 0 : StatisticsReads > 1 ? 2 * StoredBytes : StoredBytes;

    /// <summary>Bytes of all temporary files at once at most.</summary>
    public long TemporaryBytes => Schedule == Schedule.Token
        ? 0
        : Math.Max(Math.Max(0, StatisticsHidden - StatisticsSweep.ResidentBytes) + StatisticsSpoolBytes, ScoreHidden - ScoreSweep.ResidentBytes);

    /// <summary>Bytes of memory the run is expected to use at its peak.</summary>
    public long PeakBytes => Schedule == Schedule.Token
        ? TokenMajorBytes
        : Math.Max(
            Work.Statistics is null ? 0 : CountingBytes + Math.Min(StatisticsHidden, StatisticsSweep.ResidentBytes),
            Work.ScorePasses > 0 ? ScoringBytes + Math.Min(ScoreHidden, ScoreSweep.ResidentBytes) : 0);

    /// <summary>Floating-point operations of the products by weights in all forward passes; attention and what is observed come on top.</summary>
    public double Flops
    {
        get
        {
            var cost = ForwardCost.Of(Model.Spec, 1);
            return ((double)Work.StatisticsTokens * (Work.Statistics?.Passes ?? 0) * cost.Products)
                + ((double)Work.ScoreTokens * Work.ScorePasses * (cost.Products + cost.Unembedding));
        }
    }

    /// <summary>Whether the schedule's memory is within the budget.</summary>
    public bool Fits => (Schedule == Schedule.Token ? TokenMajorBytes : LayerMajorBytes) <= Budget;

    /// <summary>Where hidden states wait that do not stay in memory, and how many there may be.</summary>
    private SweepOptions Spool { get; } = new();

    private long CountingBytes => FixedBytes + LayerStatistics.Bytes + LargestBeforeOutput;

    private long ScoringBytes => FixedBytes + LargestPart;

    private long FixedBytes => ProgramBytes + Work.TextBytes + ActivationBytes + WorkingStateBytes;

    private long LargestBeforeOutput => Math.Max(
        Model.InputBytesOf(Math.Max(Work.Statistics is null ? 0 : Work.StatisticsIds, Work.ScorePasses > 0 ? Work.ScoreIds : 0)), Model.LayerBytes.Max());

    private long StatisticsHidden => Work.Statistics is null ? 0 : Units().Select(u => TokensOf(u)).DefaultIfEmpty(0).Max() * Work.Statistics.Passes * StateBytes;

    private long ScoreHidden => PassesAtOnce > 1
        ? PassesAtOnce * Work.ScoreTokens * StateBytes
        : ScoreParts().Select(p => Work.ScoreBatches.Take(p).Sum(b => (long)b)).DefaultIfEmpty(Work.ScoreTokens).Max() * StateBytes;

    private int ScoreReads => Work.ScorePasses == 0 ? 0 : (Work.ScorePasses + PassesAtOnce - 1) / PassesAtOnce * (PassesAtOnce > 1 ? 1 : Math.Max(1, ScoreParts().Count));

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
        var plan = new RunPlan(model, device, work)
        {
            Budget = budget ?? MemoryBudget.Default,
            IsBudgetGiven = budget is not null,
            IsScheduleGiven = schedule is not null,
        };
        plan = plan with { Schedule = schedule ?? (plan.TokenMajorBytes <= plan.Budget ? Schedule.Token : Schedule.Layer) };
        bool whole = plan.Work.Statistics is null || (plan.CountingBytes <= plan.Budget && plan.StatisticsReads == 1);
        return plan.Schedule == Schedule.Token || whole ? plan : plan.Spooled(plan.Work.Statistics!);
    }

    /// <summary>The same, with statistics of finished layers in a file, and as many documents at once as their sums in float64 have room for.</summary>
    private RunPlan Spooled(StatisticsOptions options)
    {
        var shape = ModelShape.Of(Model.Spec);
        RunPlan With(int documents) => this with
        {
            SpoolsStatistics = true,
            DocumentsAtOnce = documents,
            LayerStatistics = StatisticsFootprint.Spooled(shape, options, Work.Languages, Work.Documents, Math.Min(documents, Work.Documents)),
        };
        long each = StatisticsFootprint.RunningOf(shape, options), room = (long)(Budget * FillShare) - With(0).CountingBytes;
        return With((int)Math.Clamp(each == 0 ? long.MaxValue : room / each, FewDocuments, DocumentsAtOnce));
    }

    private long Room(long taken) => Math.Max(0, (long)(Budget * FillShare) - taken);

    private List<Range> Units() => Schedule == Schedule.Token
        ? []
        : [.. StatisticsUnits.Cut(Work.DocumentTokens, StatisticsUnits.TokensAtOnce(StatisticsSweep, StateBytes, Work.Statistics!), DocumentsAtOnce)];

    private long TokensOf(Range unit)
    {
        var (first, count) = unit.GetOffsetAndLength(Work.DocumentTokens.Count);
        long tokens = 0;
        for (int i = first; i < first + count; i++) tokens += Work.DocumentTokens[i];
        return tokens;
    }

    private List<Range> ScoreParts() => [.. Scorer.Cut(Work.ScoreBatches, ScoreSweep, StateBytes)];

    /// <summary>Token rows of the largest batch: no more than there are.</summary>
    private static long RowsOf(Workload work)
    {
        long all = Math.Max(work.StatisticsTokens, work.ScoreTokens);
        return Math.Max(all == 0 ? work.BatchTokens : Math.Min(all, work.BatchTokens), work.LongestWindow);
    }
}
