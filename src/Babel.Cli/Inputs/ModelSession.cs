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

    private ModelSession(string folder, Device device, LanguageModel model)
    {
        (Folder, Device, Model) = (folder, device, model);
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

    /// <summary>Resolves, opens and loads, with progress.</summary>
    public static ModelSession Open(string reference, CommandContext context)
    {
        string folder = HubCache.Resolve(reference);
        var device = context.OpenDevice();
        try
        {
            var progress = new Forward<LoadProgress>(p => context.Progress.Report("loading", p.BytesDone, p.BytesTotal, Format.Bytes(p.BytesTotal)));
            return new ModelSession(folder, device, LanguageModel.Load(folder, device, progress, context.Cancellation));
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Device.Dispose();
    }
}
