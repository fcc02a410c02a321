using Babel.Kernels;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.RandomModels;

/// <summary>The tensors a model of a family consists of, as its decoder asks for them: one list serves every family.</summary>
internal sealed class RandomTensors
{
    /// <summary>Biases and norm weights lie this far around 0 and 1.</summary>
    private const float Jitter = 0.2f;

    private readonly DType _storage;
    private readonly List<RandomTensor> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private RandomTensors(DType storage) => _storage = storage;

    /// <summary>Every tensor once, in the order of the forward pass.</summary>
    public static IReadOnlyList<RandomTensor> Of(ModelDefinition model, DType storage)
    {
        var (spec, sources) = model;
        var all = new RandomTensors(storage);
        all.Linear(new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth);
        if (sources.Positions is { } positions)
            all.Linear(new LinearSource(positions), (long)spec.MaxPositions + spec.PositionOffset, spec.ModelWidth);
        all.Norm(sources.EmbeddingNorm, spec, spec.ModelWidth);
        all.Linear(sources.ProjectIn, spec.ModelWidth, spec.EmbeddingWidth);
        for (int i = 0; i < spec.Layers; i++) all.Layer(sources.Layer(i), spec);
        all.Norm(sources.FinalNorm, spec, spec.ModelWidth);
        all.Linear(sources.ProjectOut, spec.EmbeddingWidth, spec.ModelWidth);
        all.Linear(sources.Unembedding, spec.Vocabulary, spec.EmbeddingWidth);
        return all._tensors;
    }

    private void Layer(LayerSources layer, DecoderSpec spec)
    {
        int d = spec.ModelWidth, f = spec.FfnWidth;
        foreach (var norm in (NormSource?[])[layer.AttnNorm, layer.FfnNorm, layer.AttnPostNorm, layer.FfnPostNorm]) Norm(norm, spec, d);
        Norm(layer.QNorm, spec, spec.HeadDim);
        Norm(layer.KNorm, spec, spec.HeadDim);
        Linear(layer.Q, spec.QueryWidth, d);
        Linear(layer.K, spec.KvWidth, d);
        Linear(layer.V, spec.KvWidth, d);
        Linear(layer.O, d, spec.QueryWidth);
        Linear(layer.Gate, f, d);
        Linear(layer.Up, f, d);
        Linear(layer.Down, d, f);
    }

    private void Linear(LinearSource? source, long rows, long columns)
    {
        if (source is null) return;
        long total = source.Rows?.Total ?? rows;
        // Variance 1 / columns: activations keep their size through the layers.
        Add(source.Weight, 0, (float)Math.Sqrt(12.0 / columns), source.Transposed ? [columns, total] : [total, columns]);
        Add(source.Bias, 0, Jitter, total);
    }

    private void Norm(NormSource? source, DecoderSpec spec, long width)
    {
        Add(source?.Weight, spec.NormPlusOne ? 0 : 1, Jitter, width);
        Add(source?.Bias, 0, Jitter, width);
    }

    private void Add(string? name, float centre, float width, params long[] shape)
    {
        // Fused and tied weights are asked for more than once.
        if (name is not null && _names.Add(name)) _tensors.Add(new RandomTensor(new TensorHeader(name, _storage, shape), centre, width));
    }
}
