using System.Security.Cryptography;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model.Decoding;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model;

/// <summary>
/// A decoder on a device: the forward pass and what it is asked along the way. The device is the caller's and outlives the model. Not
/// thread-safe.
/// </summary>
public sealed class LanguageModel : IDisposable
{
    private readonly DecoderWeights _weights;
    private readonly Scratch _scratch;
    private readonly Decoder _decoder;
    private readonly Dictionary<Site, TapStats> _stats = [];
    private readonly Dictionary<int, Tensor> _grams = [];
    private MaskTensors? _mask;

    private LanguageModel(DecoderSpec spec, Device device, DecoderWeights weights, string fingerprint)
    {
        (Spec, Device, _weights, Fingerprint) = (spec, device, weights, fingerprint);
        Rotary = spec.Rope is null ? null : new RotaryCache(spec.Rope, device);
        _scratch = new Scratch(device);
        _decoder = new Decoder(spec, device, weights, _scratch, new DecoderBlock(spec, device, _scratch, layer => ValueGram(layer)));
    }

    /// <summary>The model's form.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>SHA-256 over <c>config.json</c> and the headers and sizes of the weight files, in hex: cheap, for manifests.</summary>
    public string Fingerprint { get; }

    /// <summary>Where runs look for NaN and infinity.</summary>
    public FiniteCheck FiniteCheck { get; set; }

    internal RotaryCache? Rotary { get; }

    /// <summary>Loads a model folder: <c>config.json</c> and safetensors weights. A name of the hub is resolved by <see cref="Hub.HubCache"/> before.</summary>
    /// <exception cref="ModelNotFoundException">A file is missing.</exception>
    /// <exception cref="ModelFormatException">A file is broken, or configuration and weights do not fit each other.</exception>
    /// <exception cref="UnsupportedModelException">The configuration asks for mathematics that is not implemented.</exception>
    /// <exception cref="DeviceMemoryException">The weights do not fit the device.</exception>
    public static LanguageModel Load(
        string folder, Device device, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        var definition = FamilyRegistry.Read(folder);
        using var checkpoint = Checkpoint.Open(folder);
        var weights = WeightLoader.Load(checkpoint, definition, device, progress, ct);
        return new LanguageModel(definition.Spec, device, weights, FingerprintOf(folder, checkpoint));
    }

    /// <summary>One forward pass over a batch.</summary>
    /// <param name="batch">Packed for this model.</param>
    /// <param name="output">What comes to the host.</param>
    /// <param name="plan">What is captured, counted, scored, switched off.</param>
    /// <param name="sink">Receives it; required where the plan observes.</param>
    /// <param name="ct">Looked at between layers.</param>
    /// <exception cref="ModelInputException">The plan names sites the model does not have.</exception>
    /// <exception cref="NonFiniteException">The hidden state left the finite numbers, see <see cref="FiniteCheck"/>.</exception>
    public ForwardResult Run(
        Batch batch, ForwardOutput output, ProbePlan? plan = null, IProbeSink? sink = null, CancellationToken ct = default) =>
        Run(batch, output, cache: null, plan ?? ProbePlan.None, sink, ct);

    /// <summary>
    /// L2 norms of the write vectors, by neuron: columns of W_down (F of them) for <see cref="Site.MlpPost"/>, of W_O (H*d) for <see cref="Site.Z"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Another site.</exception>
    public float[] WriteNorms(Site site, int layer)
    {
        var weight = site switch
        {
            Site.MlpPost => _weights.Layers[layer].Down.Weight,
            Site.Z => _weights.Layers[layer].O.Weight,
            _ => throw new ArgumentOutOfRangeException(nameof(site), site, "MlpPost or Z"),
        };
        int[] columns = [.. Enumerable.Range(0, checked((int)weight.Columns))];
        using var squares = ColumnDots(weight, columns, columns);
        return Array.ConvertAll(Device.ToDoubles(squares), s => (float)Math.Sqrt(s));
    }

    /// <summary>Neurons of a part in one layer: F, H*d or K*d; 0 for the gate of a plain FFN.</summary>
    public int NeuronCount(NeuronPart part) => Spec.NeuronCount(part);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stats in _stats.Values) stats.Dispose();
        foreach (var gram in _grams.Values) gram.Dispose();
        _mask?.Dispose();
        _scratch.Dispose();
        Rotary?.Dispose();
        _weights.Dispose();
    }

    internal ForwardResult Run(Batch batch, ForwardOutput output, KvCache? cache, ProbePlan plan, IProbeSink? sink, CancellationToken ct)
    {
        ProbeRun.Check(plan, Spec, sink);
        var probe = new ProbeRun(plan, sink, batch.Layout, _scratch, MaskOf(plan.Ablation), StatsOf(plan, batch.Layout.Count));
        return _decoder.Run(batch, output, cache, probe, FiniteCheck, ct);
    }

    /// <summary>The mask of the last run is kept: ablation studies run one mask over many batches.</summary>
    private MaskTensors? MaskOf(NeuronMask? mask)
    {
        if (mask is null) return null;
        if (ReferenceEquals(_mask?.Mask, mask)) return _mask;
        _mask?.Dispose();
        return _mask = new MaskTensors(mask, Device);
    }

    private Dictionary<Site, TapStats> StatsOf(ProbePlan plan, int sequences)
    {
        var stats = new Dictionary<Site, TapStats>();
        foreach (var site in plan.Statistics.Where(s => Spec.Width(s) > 0))
        {
            if (!_stats.TryGetValue(site, out var taken) || taken.Capacity < sequences)
            {
                taken?.Dispose();
                _stats.Remove(site);
                _stats.Add(site, taken = new TapStats(Device, sequences, Spec.Width(site)));
            }

            stats.Add(site, taken);
        }

        return stats;
    }

    /// <summary>[K*d, G, G] inner products of the columns of W_O that one value neuron writes through, one column a query head it serves.</summary>
    private TensorView ValueGram(int layer)
    {
        var shape = new Shape(Spec.KvWidth, Spec.Heads / Spec.KvHeads, Spec.Heads / Spec.KvHeads);
        if (_grams.TryGetValue(layer, out var gram)) return gram.View.Reshape(shape);
        int group = Spec.Heads / Spec.KvHeads, d = Spec.HeadDim;
        var left = new List<int>();
        var right = new List<int>();
        for (int j = 0; j < Spec.KvWidth; j++)
        {
            for (int g = 0; g < group * group; g++)
            {
                int firstHead = j / d * group;
                left.Add(((firstHead + (g / group)) * d) + (j % d));
                right.Add(((firstHead + (g % group)) * d) + (j % d));
            }
        }

        gram = ColumnDots(_weights.Layers[layer].O.Weight, [.. left], [.. right]);
        _grams.Add(layer, gram);
        return gram.View.Reshape(shape);
    }

    private Tensor ColumnDots(Weight weight, int[] left, int[] right)
    {
        using var l = Device.FromInts(left, new Shape(left.Length));
        using var r = Device.FromInts(right, new Shape(right.Length));
        var dots = Device.Allocate(new Shape(left.Length));
        Device.Ops.ColumnDots(weight, l, r, dots);
        Device.Synchronize();
        return dots;
    }

    private static string FingerprintOf(string folder, Checkpoint checkpoint)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        foreach (var file in checkpoint.Files)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"\n{Path.GetFileName(file.Path)} {file.Length}\n"));
            hash.AppendData(file.HeaderBytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
