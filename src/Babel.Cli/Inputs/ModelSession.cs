using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Hub;
using Babel.Model.Tokenizers;

namespace Babel.Cli.Inputs;

/// <summary>A model opened for a command: its folder, its device, its weights, and its tokenizer when one is asked for.</summary>
internal sealed class ModelSession : IDisposable
{
    private readonly Lazy<Tokenizer> _tokenizer;
    private readonly CommandContext _context;
    private readonly RunPlan _plan;

    private ModelSession(string folder, Device device, LanguageModel model, RunPlan plan, CommandContext context)
    {
        (Folder, Device, Model, _plan, _context) = (folder, device, model, plan, context);
        _tokenizer = new Lazy<Tokenizer>(() => Tokenizer.Load(Folder));
    }

    /// <summary>The resolved folder.</summary>
    public string Folder { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>The folder's tokenizer.</summary>
    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Resolves, opens and loads, with progress; chooses the schedule by memory and says which.</summary>
    /// <param name="reference">Folder or hub name.</param>
    /// <param name="context">Device, budget, streams.</param>
    /// <param name="work">What is to be done, as far as it is known.</param>
    /// <param name="schedule">The schedule; null to choose.</param>
    public static ModelSession Open(string reference, CommandContext context, Workload work, Schedule? schedule = null)
    {
        string folder = HubCache.Resolve(reference);
        var device = context.OpenDevice();
        try
        {
            work = work with { TextBytes = work.TextBytes + TextFootprint.OfTokenizer(folder) };
            var plan = RunPlan.Of(ModelFootprint.Read(folder, device), device, work, context.Request.Memory, schedule);
            plan.RequireFit();
            context.Progress.Say(ScheduleText.Of(plan));
            var progress = new Forward<LoadProgress>(p => context.Progress.Report("loading", p.BytesDone, p.BytesTotal, Format.Bytes(p.BytesTotal)));
            return new ModelSession(folder, device, LanguageModel.Load(folder, device, plan.Schedule, progress, context.Cancellation), plan, context);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Where hidden states wait, now that the text is tokens; says so where they go to a file.</summary>
    /// <param name="statistics">What statistics are taken of; null for none.</param>
    /// <param name="scored">What is scored; null for none.</param>
    public SweepOptions SweepFor(TokenizedCorpus? statistics, TokenizedCorpus? scored)
    {
        var plan = RunPlan.Of(_plan.Model, Device, _plan.Work.With(statistics, scored), _context.Request.Memory, _plan.Schedule);
        plan.RequireFit();
        if (plan.SpoolBytes > 0)
            _context.Progress.Say($"hidden states of {Format.Bytes(plan.HiddenBytes)}: {Format.Bytes(plan.SpoolBytes)} of them wait in a temporary file in {plan.Sweep.SpoolFolder}");
        return plan.Sweep;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Device.Dispose();
    }
}
