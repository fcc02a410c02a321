using Babel.Analysis.Planning;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Hub;
using Babel.Model.Tokenizers;

namespace Babel.Cli.Inputs;

/// <summary>A model opened for a command: its folder, its device, its form, its tokenizer when one is asked for, and once it is loaded, the model.</summary>
internal sealed class ModelSession : IDisposable
{
    private readonly Lazy<Tokenizer> _tokenizer;
    private readonly CommandContext _context;
    private LanguageModel? _model;

    private ModelSession(string folder, Device device, CommandContext context)
    {
        (Folder, Device, _context) = (folder, device, context);
        Footprint = ModelFootprint.Read(folder, device);
        _tokenizer = new Lazy<Tokenizer>(() => Tokenizer.Load(Folder));
    }

    /// <summary>The resolved folder.</summary>
    public string Folder { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>What its configuration and the headers of its files say.</summary>
    public ModelFootprint Footprint { get; }

    /// <summary>The model, once <see cref="Load"/> has been called.</summary>
    public LanguageModel Model => _model ?? throw new InvalidOperationException("the model is not loaded yet");

    /// <summary>The folder's tokenizer.</summary>
    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Resolves the folder, opens the device and reads what the model is; no weights.</summary>
    public static ModelSession Open(string reference, CommandContext context)
    {
        string folder = HubCache.Resolve(reference);
        var device = context.OpenDevice();
        try
        {
            return new ModelSession(folder, device, context);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Chooses the schedule by memory, says which, and loads what it wants loaded.</summary>
    /// <param name="work">What is to be done.</param>
    /// <param name="remedies">What the command has options for, to be named where the work does not fit.</param>
    /// <param name="schedule">The schedule; null to choose.</param>
    /// <param name="say">Whether there is a schedule to speak of.</param>
    /// <exception cref="Babel.Kernels.Errors.DeviceMemoryException">The work does not fit the memory it may use.</exception>
    public RunPlan Load(Workload work, Remedies remedies, Schedule? schedule = null, bool say = true)
    {
        work = work with { TextBytes = work.TextBytes + (_tokenizer.IsValueCreated ? TextFootprint.OfTokenizer(Folder) : 0) };
        var plan = RunPlan.Of(Footprint, Device, work, _context.Request.Memory, schedule);
        plan.RequireFit(remedies);
        if (say) _context.Progress.Say(ScheduleText.Of(plan));
        foreach (string line in ScheduleText.OfFiles(plan)) _context.Progress.Say(line);
        var progress = new Forward<LoadProgress>(p => _context.Progress.Report("loading", p.BytesDone, p.BytesTotal, Format.Bytes(p.BytesTotal)));
        _model = LanguageModel.Load(Folder, Device, plan.Schedule, progress, _context.Cancellation);
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model?.Dispose();
        Device.Dispose();
    }
}
