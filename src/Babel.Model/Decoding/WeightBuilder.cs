using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Model.Families;

namespace Babel.Model.Decoding;

/// <summary>
/// Puts the weights of a model together, part by part, in the one layout the decoder knows. Where the numbers come from is the subclass's business: files,
/// or a generator. What is made belongs to the pool.
/// </summary>
internal abstract class WeightBuilder(ModelDefinition model, Device device, WeightPool pool)
{
    /// <summary>What is made.</summary>
    public ModelDefinition Model => model;

    /// <summary>Bytes of tensors taken from files so far.</summary>
    public long BytesRead { get; protected set; }

    /// <summary>Where it computes.</summary>
    protected Device Device => device;

    /// <summary>Owns what is made.</summary>
    protected WeightPool Pool => pool;

    /// <summary>The input side; with <paramref name="ids"/>, only their rows of the embedding.</summary>
    public InputWeights Input(IReadOnlyCollection<int>? ids = null)
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        var source = new LinearSource(sources.Embedding);
        int[]? rows = ids is null ? null : [.. ids.Distinct().Order()];
        return new InputWeights
        {
            Embedding = rows is null ? Linear(source, spec.Vocabulary, spec.EmbeddingWidth).Weight : Rows(source, rows),
            RowOf = rows?.Select((id, row) => (id, row)).ToDictionary(p => p.id, p => p.row),
            Positions = Positions(),
            Norm = Norm(sources.EmbeddingNorm, spec.ModelWidth),
            Project = sources.ProjectIn is { } into ? Linear(into, spec.ModelWidth, spec.EmbeddingWidth) : null,
        };
    }

    /// <summary>The output side.</summary>
    /// <param name="embedding">The embedding where it is loaded already, to be the unembedding of a model that ties them; null to load it.</param>
    public OutputWeights Output(Weight? embedding)
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        var head = sources.Unembedding ?? new LinearSource(sources.Embedding);
        bool tied = head.Weight == sources.Embedding;
        return new OutputWeights
        {
            Norm = Norm(sources.FinalNorm, spec.ModelWidth),
            Project = sources.ProjectOut is { } outOf ? Linear(outOf, spec.EmbeddingWidth, spec.ModelWidth) : null,
            Unembedding = tied && embedding is not null
                ? new LinearWeight(embedding, head.Bias is null ? null : Vector(head.Bias, null, spec.Vocabulary))
                : Linear(head, spec.Vocabulary, spec.EmbeddingWidth),
        };
    }

    /// <summary>A block.</summary>
    public LayerWeights Layer(int index)
    {
        var (spec, layer) = (Model.Spec, Model.Sources.Layer(index));
        int d = spec.ModelWidth, f = spec.FfnWidth;
        return new LayerWeights
        {
            AttnNorm = Norm(layer.AttnNorm, d)!,
            FfnNorm = Norm(layer.FfnNorm, d),
            AttnPostNorm = Norm(layer.AttnPostNorm, d),
            FfnPostNorm = Norm(layer.FfnPostNorm, d),
            QNorm = Norm(layer.QNorm, spec.HeadDim),
            KNorm = Norm(layer.KNorm, spec.HeadDim),
            Q = Linear(layer.Q, spec.QueryWidth, d),
            K = Linear(layer.K, spec.KvWidth, d),
            V = Linear(layer.V, spec.KvWidth, d),
            O = Linear(layer.O, d, spec.QueryWidth),
            Gate = layer.Gate is null ? null : Linear(layer.Gate, f, d),
            Up = Linear(layer.Up, f, d),
            Down = Linear(layer.Down, d, f),
        };
    }

    private Weight? Positions()
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        long rows = WeightForms.PositionRows(spec);
        if (sources.Positions is { } name) return Linear(new LinearSource(name), rows, spec.ModelWidth).Weight;
        if (spec.Positions != PositionForm.Sinusoidal) return null;
        var type = WeightForms.SinusoidType(Device);
        bool wide = type == DType.F64;
        var table = Pool.Weight(type, rows, spec.ModelWidth, "sinusoidal positions");
        for (int p = 0; p < rows; p++)
        {
            double[] row = Sinusoids.Row(p, spec.ModelWidth);
            if (wide) table.Write(p, MemoryMarshal.AsBytes(row.AsSpan()));
            else table.Write(p, MemoryMarshal.AsBytes(Array.ConvertAll(row, v => (float)v).AsSpan()));
        }

        return table;
    }

    private NormWeight? Norm(NormSource? source, int width)
    {
        if (source is null) return null;
        double one = Model.Spec.NormPlusOne ? 1 : 0;
        if (source.Weight is null)
            return new NormWeight(Pool.Own(Doubles.ToTensor(Device, [.. Enumerable.Repeat(1.0, width)], new Shape(width))), null);
        return new NormWeight(Vector(source.Weight, null, width, one), source.Bias is null ? null : Vector(source.Bias, null, width));
    }

    /// <summary>A linear map, fused and transposed tensors taken apart.</summary>
    protected abstract LinearWeight Linear(LinearSource source, long rows, long columns);

    /// <summary>Some rows of a table, in the order given.</summary>
    protected abstract Weight Rows(LinearSource source, int[] rows);

    /// <summary>A norm's weight or a bias, with <paramref name="plus"/> added.</summary>
    protected abstract Tensor Vector(string name, RowSelection? rows, long count, double plus = 0);

    /// <summary>The selected elements of a vector, with <paramref name="plus"/> added, on the device.</summary>
    protected Tensor Selected(double[] all, RowSelection? rows, long count, double plus)
    {
        var values = new double[count];
        int at = 0;
        foreach (var (start, length) in rows?.Runs ?? [(0, count)])
        {
            for (long i = 0; i < length; i++) values[at++] = all[start + i] + plus;
        }

        return pool.Own(Doubles.ToTensor(device, values, new Shape(count)));
    }
}
