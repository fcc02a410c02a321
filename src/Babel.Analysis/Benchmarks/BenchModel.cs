using System.Diagnostics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Benchmarks;

/// <summary>A model that is measured: a folder, or a named shape with random weights drawn on the device.</summary>
public sealed class BenchModel : IDisposable
{
    private BenchModel(string name, LanguageModel model, ModelFootprint footprint, double? loadSeconds)
    {
        (Name, Model, LoadSeconds) = (name, model, loadSeconds);
        Storage = footprint.Storage;
        WeightBytes = footprint.StorageBytes;
        ResidentBytes = footprint.ResidentBytes;

        // A step reads every weight once, but of an embedding that is not also the unembedding one row.
        StepBytes = WeightBytes - (model.Spec.TiedEmbeddings ? 0 : footprint.EmbeddingBytes);
    }

    /// <summary>The named shape, or the folder's own name.</summary>
    public string Name { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>How most matrices are stored.</summary>
    public DType Storage { get; }

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public long WeightBytes { get; }

    /// <summary>Bytes of the matrices on the device, by what their shapes say.</summary>
    public long ResidentBytes { get; }

    /// <summary>Bytes of the weights that one step of generation reads.</summary>
    public long StepBytes { get; }

    /// <summary>How long loading a folder took; null where weights were drawn.</summary>
    public double? LoadSeconds { get; }

    /// <summary>Opens a folder, or makes a model of a named shape.</summary>
    /// <param name="device">Where it computes; outlives this.</param>
    /// <param name="model">A folder, or a name of <see cref="RandomModelShape.Named"/>.</param>
    /// <param name="weights">How random weights are stored; a folder has its own type.</param>
    /// <param name="progress">Is told of loading.</param>
    /// <param name="ct">Looked at in between.</param>
    public static BenchModel Open(Device device, string model, DType weights, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        if (RandomModelShape.Named.TryGetValue(model, out var shape)) return Open(device, model, shape with { Weights = weights }, ct);
        var footprint = ModelFootprint.Read(model, device);
        long start = Stopwatch.GetTimestamp();
        var loaded = LanguageModel.Load(model, device, progress, ct);
        device.Synchronize();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new BenchModel(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))), loaded, footprint, seconds);
    }

    /// <summary>Makes a model of a shape.</summary>
    /// <param name="device">Where it computes; outlives this.</param>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="ct">Looked at in between.</param>
    public static BenchModel Open(Device device, string name, RandomModelShape shape, CancellationToken ct = default)
    {
        var model = LanguageModel.Draw(shape, device, ct);
        device.Synchronize();
        return new BenchModel(name, model, ModelFootprint.Of(shape, device), loadSeconds: null);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
