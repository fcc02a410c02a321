using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>A matrix of a model: where it comes from, and the form it has on a device.</summary>
internal readonly record struct MatrixForm(LinearSource Source, long Rows, long Columns);

/// <summary>The tensors of a model: its matrices, part by part, and the form of all of them in files.</summary>
internal static class WeightForms
{
    /// <summary>
    /// Checks the form of every tensor, in the order in which they are loaded, so that what loading would refuse is refused with the same words before
    /// anything is read.
    /// </summary>
    /// <exception cref="ModelFormatException">A tensor has another shape than the configuration says.</exception>
    /// <exception cref="UnsupportedModelException">A tensor has a type that is not computed with.</exception>
    public static void Check(WeightNames names, ModelDefinition model)
    {
        foreach (var (name, shape) in Tensors(model))
        {
            var (file, tensor) = names.Find(name);
            Require(file, tensor, shape, model.Spec);
        }
    }

    /// <summary>Checks the form of a tensor.</summary>
    /// <exception cref="ModelFormatException">It has another shape.</exception>
    /// <exception cref="UnsupportedModelException">It has a type that is not computed with.</exception>
    public static void Require(SafetensorsFile file, TensorEntry tensor, long[] expected, DecoderSpec spec)
    {
        string where = $"{file.Path}, tensor {tensor.Name}";
        if (!tensor.DType.IsWeightType())
        {
            throw new UnsupportedModelException(
                "a weight has a type that is not supported", where, "F32, F16, BF16 or F64", tensor.Form, "quantised checkpoints are not supported");
        }

        if (tensor.Shape.SequenceEqual(expected)) return;
        bool vocabulary = expected.Length == 2 && expected[0] == spec.Vocabulary && tensor.Shape.Count == 2 && tensor.Shape[1] == expected[1];
        throw new ModelFormatException(
            vocabulary ? "the vocabulary of the configuration and of the weights differ" : "a tensor has another shape than the configuration says",
            where,
            $"[{string.Join(',', expected)}]",
            tensor.Form,
            vocabulary ? "vocab_size in config.json must be the number of rows" : null);
    }

    /// <summary>The shape a tensor has in its file, of a weight of <paramref name="rows"/> by <paramref name="columns"/>.</summary>
    public static long[] ShapeOf(LinearSource source, long rows, long columns)
    {
        long total = source.Rows?.Total ?? rows;
        return source.Transposed ? [columns, total] : [total, columns];
    }

    /// <summary>The type a weight has on a device: float64 is rounded where the device does not compute in it.</summary>
    public static DType TypeOn(Device device, DType stored) => stored == DType.F64 && device.ComputeType != DType.F64 ? DType.F32 : stored;

    /// <summary>The type of a table of positions that is computed, not read.</summary>
    public static DType SinusoidType(Device device) => device.ComputeType == DType.F64 ? DType.F64 : DType.F32;

    /// <summary>Rows of the table of positions.</summary>
    public static long PositionRows(DecoderSpec spec) => (long)spec.MaxPositions + spec.PositionOffset;

    /// <summary>The input side, every layer, the output side: L + 2 lists.</summary>
    public static IReadOnlyList<IReadOnlyList<MatrixForm>> Of(ModelDefinition model) =>
        [Input(model), .. Enumerable.Range(0, model.Spec.Layers).Select(i => Layer(model, i)), Output(model)];

    private static List<MatrixForm> Input(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        var forms = new List<MatrixForm> { new(new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth) };
        if (sources.Positions is { } positions) forms.Add(new(new LinearSource(positions), PositionRows(spec), spec.ModelWidth));
        if (sources.ProjectIn is { } into) forms.Add(new(into, spec.ModelWidth, spec.EmbeddingWidth));
        return forms;
    }

    private static List<MatrixForm> Layer(ModelDefinition model, int index)
    {
        var (spec, layer) = (model.Spec, model.Sources.Layer(index));
        int d = spec.ModelWidth, f = spec.FfnWidth;
        var forms = new List<MatrixForm>
        {
            new(layer.Q, spec.QueryWidth, d), new(layer.K, spec.KvWidth, d), new(layer.V, spec.KvWidth, d), new(layer.O, d, spec.QueryWidth),
        };
        if (layer.Gate is { } gate) forms.Add(new(gate, f, d));
        forms.AddRange([new(layer.Up, f, d), new(layer.Down, d, f)]);
        return forms;
    }

    private static List<MatrixForm> Output(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        var forms = new List<MatrixForm> { new(sources.Unembedding ?? new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth) };
        if (sources.ProjectOut is { } outOf) forms.Add(new(outOf, spec.EmbeddingWidth, spec.ModelWidth));
        return forms;
    }

    /// <summary>Every tensor and its shape in files, in the order of loading: input, output, layers.</summary>
    private static IEnumerable<(string Name, long[] Shape)> Tensors(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        foreach (var form in Input(model).Where(f => f.Source != sources.ProjectIn)) yield return (form.Source.Weight, ShapeOf(form.Source, form.Rows, form.Columns));
        foreach (var tensor in Norms(spec.ModelWidth, sources.EmbeddingNorm)) yield return tensor;
        foreach (var tensor in Linear(sources.ProjectIn, spec.ModelWidth, spec.EmbeddingWidth)) yield return tensor;
        foreach (var tensor in OutputTensors(model)) yield return tensor;
        for (int i = 0; i < spec.Layers; i++)
        {
            var layer = sources.Layer(i);
            foreach (var tensor in Norms(spec.ModelWidth, layer.AttnNorm, layer.FfnNorm, layer.AttnPostNorm, layer.FfnPostNorm)) yield return tensor;
            foreach (var tensor in Norms(spec.HeadDim, layer.QNorm, layer.KNorm)) yield return tensor;
            foreach (var form in Layer(model, i))
            {
                foreach (var tensor in Linear(form.Source, form.Rows, form.Columns)) yield return tensor;
            }
        }
    }

    /// <summary>The tensors of the output side; not the embedding where that is the unembedding too without being named.</summary>
    public static IEnumerable<(string Name, long[] Shape)> OutputTensors(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        return
        [
            .. Norms(spec.ModelWidth, sources.FinalNorm), .. Linear(sources.ProjectOut, spec.EmbeddingWidth, spec.ModelWidth),
            .. Linear(sources.Unembedding, spec.Vocabulary, spec.EmbeddingWidth),
        ];
    }

    private static IEnumerable<(string Name, long[] Shape)> Linear(LinearSource? source, long rows, long columns)
    {
        if (source is null) yield break;
        yield return (source.Weight, ShapeOf(source, rows, columns));
        if (source.Bias is not null) yield return (source.Bias, [source.Rows?.Total ?? rows]);
    }

    private static IEnumerable<(string Name, long[] Shape)> Norms(long width, params IEnumerable<NormSource?> norms)
    {
        foreach (var norm in norms)
        {
            if (norm?.Weight is null) continue;
            yield return (norm.Weight, [width]);
            if (norm.Bias is not null) yield return (norm.Bias, [width]);
        }
    }
}
