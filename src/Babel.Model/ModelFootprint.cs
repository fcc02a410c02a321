using Babel.Kernels;
using Babel.Model.Decoding;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;
using Babel.Model.RandomModels;

namespace Babel.Model;

/// <summary>
/// What a model takes, in files and on a device, known from its configuration and the headers of its files before a weight is read. Matrices count;
/// vectors (norms, biases) are too small to.
/// </summary>
public sealed record ModelFootprint
{
    /// <summary>The model's form.</summary>
    public required DecoderSpec Spec { get; init; }

    /// <summary>Bytes of all tensors the model uses, in their storage types.</summary>
    public required long StorageBytes { get; init; }

    /// <summary>The storage type of the layers' weights, the most common one.</summary>
    public required DType Storage { get; init; }

    /// <summary>Bytes on the device of the whole embedding.</summary>
    public required long EmbeddingDeviceBytes { get; init; }

    /// <summary>Bytes on the device of the tables of positions, learned or computed, and the projection behind the embedding.</summary>
    public required long PositionBytes { get; init; }

    /// <summary>Bytes on the device by layer.</summary>
    public required IReadOnlyList<long> LayerBytes { get; init; }

    /// <summary>Bytes on the device of the unembedding and the projection before it.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Whether the unembedding is the embedding, so that memory that holds both holds one.</summary>
    public required bool IsTied { get; init; }

    /// <summary>Bytes of the files' embedding table.</summary>
    public required long EmbeddingBytes { get; init; }

    /// <summary>Bytes on the device with all weights loaded.</summary>
    public long ResidentBytes => EmbeddingDeviceBytes + PositionBytes + LayerBytes.Sum() + (IsTied ? 0 : OutputBytes);

    /// <summary>Bytes on the device of the input side with only the embeddings in use.</summary>
    /// <param name="distinctIds">Token ids in use.</param>
    public long InputBytesOf(long distinctIds) => (long)(EmbeddingDeviceBytes * Math.Min(1, (double)distinctIds / Spec.Vocabulary)) + PositionBytes;

    /// <summary>Bytes that one sweep over text reads: every weight once, and of the embedding only rows in use.</summary>
    /// <param name="distinctIds">Token ids in use.</param>
    /// <param name="logProbs">Whether the unembedding is needed.</param>
    public long SweepBytes(long distinctIds, bool logProbs)
    {
        long rows = Math.Min(distinctIds, Spec.Vocabulary) * (EmbeddingBytes / Spec.Vocabulary);
        return StorageBytes - EmbeddingBytes - OutputStorageBytes + rows + (logProbs ? OutputStorageBytes + (IsTied ? EmbeddingBytes : 0) : 0);
    }

    /// <summary>Bytes of the files' output side: norm, projection, and the unembedding where it is not the embedding.</summary>
    public required long OutputStorageBytes { get; init; }

    /// <summary>Reads configuration and headers.</summary>
    /// <param name="folder">A resolved folder.</param>
    /// <param name="device">Where the model would run.</param>
    /// <exception cref="ModelNotFoundException">A file is missing.</exception>
    /// <exception cref="ModelFormatException">A file is broken, or configuration and weights do not fit each other.</exception>
    /// <exception cref="UnsupportedModelException">The configuration asks for mathematics that is not implemented.</exception>
    public static ModelFootprint Read(string folder, Device device)
    {
        var definition = FamilyRegistry.Read(folder);
        using var checkpoint = Checkpoint.Open(folder, FileReading.Positioned);
        var names = new WeightNames(checkpoint, definition);
        names.Check();
        WeightForms.Check(names, definition);
        return Of(definition, device, names.UsedBytes, name => (names.Find(name).Tensor.DType, names.Find(name).Tensor.Bytes));
    }

    /// <summary>What a model of random weights takes, without files.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="device">Where it would run.</param>
    /// <exception cref="ModelInputException">The family cannot have these sizes.</exception>
    public static ModelFootprint Of(RandomModelShape shape, Device device)
    {
        var (definition, _) = RandomConfig.Make(shape);
        var tensors = RandomTensors.Of(definition, shape.Weights).Select(t => t.Header).ToDictionary(t => t.Name, StringComparer.Ordinal);
        return Of(definition, device, tensors.Values.Sum(t => t.Bytes), name => (tensors[name].DType, tensors[name].Bytes));
    }

    private static ModelFootprint Of(ModelDefinition definition, Device device, long storageBytes, Func<string, (DType Type, long Bytes)> stored)
    {
        var parts = WeightForms.Of(definition);
        long OnDevice(IEnumerable<MatrixForm> part) => part.Sum(m => device.WeightBytes(WeightForms.TypeOn(device, stored(m.Source.Weight).Type), m.Rows, m.Columns));
        var (spec, sources) = (definition.Spec, definition.Sources);
        bool computed = spec.Positions == PositionForm.Sinusoidal && sources.Positions is null;
        return new ModelFootprint
        {
            Spec = spec,
            StorageBytes = storageBytes,
            Storage = parts.Skip(1).SkipLast(1).SelectMany(p => p).Select(m => stored(m.Source.Weight).Type).GroupBy(t => t).MaxBy(g => g.Count())!.Key,
            EmbeddingDeviceBytes = OnDevice(parts[0].Take(1)),
            PositionBytes = OnDevice(parts[0].Skip(1))
                + (computed ? device.WeightBytes(WeightForms.SinusoidType(device), WeightForms.PositionRows(spec), spec.ModelWidth) : 0),
            LayerBytes = [.. parts.Skip(1).SkipLast(1).Select(OnDevice)],
            OutputBytes = OnDevice(parts[^1]),
            IsTied = sources.Unembedding is null || sources.Unembedding.Weight == sources.Embedding,
            EmbeddingBytes = stored(sources.Embedding).Bytes,
            OutputStorageBytes = WeightForms.OutputTensors(definition).Where(t => t.Name != sources.Embedding).Sum(t => stored(t.Name).Bytes),
        };
    }
}
