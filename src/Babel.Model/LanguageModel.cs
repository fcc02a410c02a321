using Babel.Kernels;

namespace Babel.Model;

/// <summary>A decoder on a device. Not thread-safe.</summary>
public sealed class LanguageModel : IDisposable
{
    private LanguageModel(DecoderSpec spec, Device device, string fingerprint, long weightBytes)
    {
        Spec = spec;
        Device = device;
        Fingerprint = fingerprint;
        WeightBytes = weightBytes;
    }

    /// <summary>The model's form.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>Bytes of the weights in their storage types.</summary>
    public long WeightBytes { get; }

    /// <summary>SHA-256 over the configuration and the weight files' headers and sizes, in hex.</summary>
    public string Fingerprint { get; }

    /// <summary>Loads a resolved folder.</summary>
    public static LanguageModel Load(
        string folder, Device device, IProgress<LoadProgress>? progress = null, CancellationToken ct = default) =>
        throw new NotSupportedException(folder);

    /// <summary>One forward pass.</summary>
    public ForwardResult Run(
        Batch batch, ForwardOutput output, ProbePlan? plan = null, IProbeSink? sink = null, CancellationToken ct = default) =>
        throw new NotSupportedException();

    /// <summary>L2 norms of the write vectors: columns of W_down for MlpPost, of W_O for Z.</summary>
    public float[] WriteNorms(Site site, int layer) => throw new NotSupportedException();

    /// <summary>Neurons of a part in one layer.</summary>
    public int NeuronCount(NeuronPart part) => Spec.NeuronCount(part);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
