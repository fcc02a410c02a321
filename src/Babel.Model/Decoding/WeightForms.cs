using Babel.Model.Families;

namespace Babel.Model.Decoding;

/// <summary>A matrix of a model: where it comes from, and the form it has on a device.</summary>
internal readonly record struct MatrixForm(LinearSource Source, long Rows, long Columns);

/// <summary>The matrices of a model, part by part. Vectors (norms, biases) are left out: they are small.</summary>
internal static class WeightForms
{
    /// <summary>The input side, every layer, the output side: L + 2 lists.</summary>
    public static IReadOnlyList<IReadOnlyList<MatrixForm>> Of(ModelDefinition model) =>
        [Input(model), .. Enumerable.Range(0, model.Spec.Layers).Select(i => Layer(model, i)), Output(model)];

    private static List<MatrixForm> Input(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        var forms = new List<MatrixForm> { new(new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth) };
        if (sources.Positions is { } positions) forms.Add(new(new LinearSource(positions), (long)spec.MaxPositions + spec.PositionOffset, spec.ModelWidth));
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
            new(layer.Up, f, d), new(layer.Down, d, f),
        };
        if (layer.Gate is { } gate) forms.Add(new(gate, f, d));
        return forms;
    }

    private static List<MatrixForm> Output(ModelDefinition model)
    {
        var (spec, sources) = (model.Spec, model.Sources);
        var forms = new List<MatrixForm> { new(sources.Unembedding ?? new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth) };
        if (sources.ProjectOut is { } outOf) forms.Add(new(outOf, spec.EmbeddingWidth, spec.ModelWidth));
        return forms;
    }
}
