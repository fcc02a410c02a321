using System.Diagnostics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Benchmarks;

/// <summary>A model that is measured: a folder, or a named shape with random weights in a temporary folder that goes when this does.</summary>
public sealed class BenchModel : IDisposable
{
    private readonly string? _temporary;

    private BenchModel(string name, string folder, string? temporary, LanguageModel model, double loadSeconds)
    {
        ResidentBytes = ModelFootprint.Read(folder, model.Device).ResidentBytes;
        (Name, _temporary, Model, LoadSeconds) = (name, temporary, model, loadSeconds);
        using var checkpoint = Checkpoint.Open(folder);
        var tensors = checkpoint.Files.SelectMany(f => f.Tensors).ToList();
        var largest = tensors.MaxBy(t => t.Bytes)!;
        Storage = largest.DType;
        WeightBytes = checkpoint.Bytes;

        // A step reads every weight once, but of an embedding that is not also the unembedding one row.
        var spec = model.Spec;
        long embedding = (long)spec.Vocabulary * spec.EmbeddingWidth * Storage.Size();
        StepBytes = WeightBytes - (spec.TiedEmbeddings ? 0 : embedding);
    }

    /// <summary>The named shape, or the folder's own name.</summary>
    public string Name { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>How the largest tensor is stored.</summary>
    public DType Storage { get; }

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public long WeightBytes { get; }

    /// <summary>Bytes of the matrices on the device, by what their shapes say.</summary>
    public long ResidentBytes { get; }

    /// <summary>Bytes of the weights that one step of generation reads.</summary>
    public long StepBytes { get; }

    /// <summary>How long loading took; of a file just written, so from the page cache.</summary>
    public double LoadSeconds { get; }

    /// <summary>Opens a folder, or makes a model of a named shape.</summary>
    /// <param name="device">Where it computes; outlives this.</param>
    /// <param name="model">A folder, or a name of <see cref="RandomModelShape.Named"/>.</param>
    /// <param name="weights">How random weights are stored; a folder has its own type.</param>
    /// <param name="progress">Is told of making and loading.</param>
    /// <param name="ct">Looked at in between.</param>
    public static BenchModel Open(Device device, string model, DType weights, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        if (!RandomModelShape.Named.TryGetValue(model, out var shape))
            return Load(device, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))), model, null, progress, ct);
        return Open(device, model, shape with { Weights = weights }, progress, ct);
    }

    /// <summary>Makes a model of a shape.</summary>
    /// <param name="device">Where it computes; outlives this.</param>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="progress">Is told of making and loading.</param>
    /// <param name="ct">Looked at in between.</param>
    public static BenchModel Open(Device device, string name, RandomModelShape shape, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        string temporary = Directory.CreateTempSubdirectory("babel-bench-").FullName;
        try
        {
            string folder = Path.Combine(temporary, name);
            RandomModel.Write(folder, shape, null, progress, ct);
            return Load(device, name, folder, temporary, progress, ct);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        if (_temporary is not null) Directory.Delete(_temporary, recursive: true);
    }

    private static BenchModel Load(Device device, string name, string folder, string? temporary, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        long start = Stopwatch.GetTimestamp();
        var model = LanguageModel.Load(folder, device, progress, ct);
        device.Synchronize();
        return new BenchModel(name, folder, temporary, model, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
