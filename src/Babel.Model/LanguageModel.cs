using System.Security.Cryptography;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model.Decoding;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;
using Babel.Model.RandomModels;

namespace Babel.Model;

/// <summary>
/// A decoder on a device: the forward pass and what it is asked along the way. The device is the caller's and outlives the model. Not
/// thread-safe.
/// </summary>
public sealed class LanguageModel : IDisposable
{
    private readonly IWeightSource _weights;
    private readonly Scratch _scratch;
    private readonly Decoder _decoder;
    private readonly LayerSchedule _layers;
    private readonly Dictionary<Site, TapStats> _stats = [];
    private readonly Dictionary<Site, TapStats> _noStats = [];
    private readonly Dictionary<int, Tensor> _grams = [];
    private MaskTensors? _mask;
    private SequenceLayout? _tapped;

    private LanguageModel(DecoderSpec spec, Device device, IWeightSource weights, string fingerprint)
    {
        (Spec, Device, _weights, Fingerprint) = (spec, device, weights, fingerprint);
        Rotary = spec.Rope is null ? null : new RotaryCache(spec.Rope, device);
        _scratch = new Scratch(device);
        var block = new DecoderBlock(spec, device, _scratch, layer => ValueGram(layer));
        _decoder = new Decoder(spec, device, weights, _scratch, block);
        _layers = new LayerSchedule(spec, device, weights, _decoder, block);
    }

    /// <summary>The model's form.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>SHA-256 over <c>config.json</c> and the headers and sizes of the weight files, in hex: cheap, for manifests.</summary>
    public string Fingerprint { get; }

    /// <summary>In which order runs go through batches and layers, and with it whether all weights are in memory.</summary>
    public Schedule Schedule => _weights.IsResident ? Schedule.Token : Schedule.Layer;

    /// <summary>Bytes of weights read from the model's files so far: all of them once, or layer-major what every sweep needed.</summary>
    public long BytesRead => _weights.BytesRead;

    /// <summary>Bytes of one token row's hidden state: D numbers of the device's compute type.</summary>
    public long StateBytes => (long)Spec.ModelWidth * Device.ComputeType.Size();

    /// <summary>Where runs look for NaN and infinity.</summary>
    public FiniteCheck FiniteCheck { get; set; }

    internal RotaryCache? Rotary { get; }

    /// <summary>Loads a model folder, all weights into memory; see the other overload.</summary>
    public static LanguageModel Load(
        string folder, Device device, IProgress<LoadProgress>? progress = null, CancellationToken ct = default) =>
        Load(folder, device, Schedule.Token, progress, ct);

    /// <summary>Loads a model folder: <c>config.json</c> and safetensors weights. A name of the hub is resolved by <see cref="Hub.HubCache"/> before.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the model computes; it outlives the model.</param>
    /// <param name="schedule">
    /// <see cref="Schedule.Token"/> loads all weights now. <see cref="Schedule.Layer"/> checks the files, and reads weights part by part while it runs.
    /// </param>
    /// <param name="progress">Told after every tensor loaded.</param>
    /// <param name="ct">Looked at while loading.</param>
    /// <exception cref="ModelNotFoundException">A file is missing.</exception>
    /// <exception cref="ModelFormatException">A file is broken, or configuration and weights do not fit each other.</exception>
    /// <exception cref="UnsupportedModelException">The configuration asks for mathematics that is not implemented.</exception>
    /// <exception cref="DeviceMemoryException">The weights do not fit the device.</exception>
    public static LanguageModel Load(
        string folder, Device device, Schedule schedule, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        var definition = FamilyRegistry.Read(folder);

        // Read, not mapped: pages of a mapped file count as the process' memory as long as the file is open, and would double it.
        var checkpoint = Checkpoint.Open(folder, FileReading.Positioned);
        if (schedule == Schedule.Layer)
        {
            string fingerprint = FingerprintOf(folder, checkpoint);

            // Memory is short: what reading text has left behind goes back to the system first.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            device.Trim();
            return new LanguageModel(definition.Spec, device, new StreamedWeights(checkpoint, definition, device), fingerprint);
        }

        using (checkpoint)
        {
            var weights = ResidentWeights.Load(checkpoint, definition, device, progress, ct);
            return new LanguageModel(definition.Spec, device, weights, FingerprintOf(folder, checkpoint));
        }
    }

    /// <summary>
    /// A model with random weights, drawn where they lie: nothing is read, written or sent to the device but vectors. Its numbers, and so its results, are those
    /// of the folder <see cref="RandomModel.Write(string, RandomModelShape, string?, IProgress{LoadProgress}?, CancellationToken)"/> makes.
    /// </summary>
    /// <param name="shape">Sizes, storage type, seed.</param>
    /// <param name="device">Where the model computes; it outlives the model.</param>
    /// <param name="ct">Looked at between matrices.</param>
    /// <exception cref="ModelInputException">The family cannot have these sizes.</exception>
    /// <exception cref="DeviceMemoryException">The weights do not fit the device.</exception>
    public static LanguageModel Draw(RandomModelShape shape, Device device, CancellationToken ct = default)
    {
        var (definition, config) = RandomConfig.Make(shape);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(config);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\ndrawn {shape.Weights} {shape.Seed}\n")));
        var weights = ResidentWeights.Draw(definition, shape, device, ct);
        return new LanguageModel(definition.Spec, device, weights, Convert.ToHexStringLower(hash.GetHashAndReset()));
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
    /// Takes batches through the model, once for every plan, in the order of the model's <see cref="Schedule"/>. Layer-major reads every weight once for all
    /// batches and plans together.
    /// </summary>
    /// <param name="batches">Packed for this model.</param>
    /// <param name="plans">A pass each: what it observes or switches off.</param>
    /// <param name="output">What every pass brings to the host.</param>
    /// <param name="sink">Receives it.</param>
    /// <param name="options">Where hidden states wait, layer-major; null for memory.</param>
    /// <param name="ct">Looked at between the layers of a batch.</param>
    /// <exception cref="ModelInputException">A plan names sites the model does not have.</exception>
    /// <exception cref="NonFiniteException">The hidden state left the finite numbers, see <see cref="FiniteCheck"/>.</exception>
    /// <exception cref="IOException">Hidden states cannot be spooled.</exception>
    public void Sweep(
        IReadOnlyList<Batch> batches, IReadOnlyList<ProbePlan> plans, ForwardOutput output, ISweepSink sink, SweepOptions? options = null,
        CancellationToken ct = default)
    {
        for (int pass = 0; pass < plans.Count; pass++) ProbeRun.Check(plans[pass], Spec, batches.Count == 0 ? null : sink.Probe(pass, 0));
        if (!_weights.IsResident)
        {
            _layers.Run(batches, plans, output, sink, ProbeOf, FiniteCheck, options ?? SweepOptions.InMemory, ct);
            return;
        }

        long rows = 0;
        for (int batch = 0; batch < batches.Count; batch++)
        {
            for (int pass = 0; pass < plans.Count; pass++)
            {
                var probe = ProbeOf(plans[pass], sink.Probe(pass, batch), batches[batch].Layout, MaskOf(plans[pass].Ablation));
                sink.OnResult(pass, batch, _decoder.Run(batches[batch], output, cache: null, probe, FiniteCheck, ct));
                rows += batches[batch].Tokens;
            }

            sink.OnProgress(rows);
        }

        for (int layer = 0; layer < Spec.Layers; layer++) sink.OnLayerDone(layer);
    }

    /// <summary>
    /// L2 norms of the write vectors, by neuron: columns of W_down (F of them) for <see cref="Site.MlpPost"/>, of W_O (H*d) for <see cref="Site.Z"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Another site.</exception>
    public float[] WriteNorms(Site site, int layer)
    {
        var weight = site switch
        {
            Site.MlpPost => _weights.Layer(layer).Down.Weight,
            Site.Z => _weights.Layer(layer).O.Weight,
            _ => throw new ArgumentOutOfRangeException(nameof(site), site, "MlpPost or Z"),
        };
        int[] columns = [.. Enumerable.Range(0, checked((int)weight.Columns))];
        using var squares = ColumnDots(weight, columns, columns);
        return Array.ConvertAll(Device.ToDoubles(squares), s => (float)Math.Sqrt(s));
    }

    /// <summary>Neurons of a part in one layer: F, H*d or K*d; 0 for the gate of a plain FFN.</summary>
    public int NeuronCount(NeuronPart part) => Spec.NeuronCount(part);

    /// <summary>
    /// Gives back the buffers that are kept from run to run, the device's too; the next run takes what it needs. After the device had no room,
    /// before smaller batches are tried.
    /// </summary>
    public void ReleaseBuffers()
    {
        _scratch.Dispose();
        foreach (var stats in _stats.Values) stats.Dispose();
        _stats.Clear();
        Device.ReleaseScratch();
    }

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
        if (!_weights.IsResident)
        {
            if (cache is not null) throw NotResident();
            var single = new SingleRun(sink);
            _layers.Run([batch], [plan], output, single, ProbeOf, FiniteCheck, SweepOptions.InMemory, ct);
            return single.Result;
        }

        return _decoder.Run(batch, output, cache, ProbeOf(plan, sink, batch.Layout, MaskOf(plan.Ablation)), FiniteCheck, ct);
    }

    private static DeviceMemoryException NotResident() => new(
        "generation needs all weights in memory", expected: "a model loaded token-major", found: "one that is read layer by layer",
        hint: "every new token goes through all layers; give more memory, or score instead of generate");

    /// <summary>The layout of the last run is kept where it is the same: taps of the same kind of batch are then the same, and so are the epilogues they belong to.</summary>
    private ProbeRun ProbeOf(ProbePlan plan, IProbeSink? sink, SequenceLayout layout, MaskTensors? mask)
    {
        if (_tapped is null || !_tapped.Spans.SequenceEqual(layout.Spans)) _tapped = layout;
        return new(plan, sink, _tapped, _scratch, mask, StatsOf(plan, layout.Count));
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
        if (plan.Statistics.Count == 0) return _noStats;
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

        gram = ColumnDots(_weights.Layer(layer).O.Weight, [.. left], [.. right]);
        _grams.Add(layer, gram);
        return gram.View.Reshape(shape);
    }

    private Tensor ColumnDots(Weight weight, int[] left, int[] right)
    {
        using var l = Device.FromInts(left, new Shape(left.Length));
        using var r = Device.FromInts(right, new Shape(right.Length));
        var dots = Device.Allocate(new Shape(left.Length));
        Device.Ops.ColumnDots(weight, l, r, dots);
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
