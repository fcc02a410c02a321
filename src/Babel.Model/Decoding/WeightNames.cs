using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>Finds a model's tensors in a checkpoint, which may spell them with or without the base model's prefix.</summary>
internal sealed class WeightNames(Checkpoint checkpoint, ModelDefinition model)
{
    private const int NamesShown = 6;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Missing and superfluous tensors, by name, before anything is loaded.</summary>
    public void Check()
    {
        var missing = new List<string>();
        foreach (string name in RequiredNames(model.Sources, model.Spec.Layers))
        {
            if (Resolve(name) is { } found) _used.Add(found);
            else if (!missing.Contains(name)) missing.Add(name);

            // A hostile layer count ends here too, at the first absent layer.
            if (missing.Count > NamesShown) break;
        }

        if (missing.Count > 0)
        {
            throw new ModelFormatException(
                "the checkpoint lacks tensors of the model", checkpoint.Folder, Names(missing), $"{checkpoint.Names.Count} other tensors", "config.json and weights may belong to different models");
        }

        var extra = checkpoint.Names.Where(n => !_used.Contains(n) && !IsUnused(n)).Order(StringComparer.Ordinal).ToList();
        if (extra.Count == 0) return;
        throw new ModelFormatException(
            "the checkpoint holds tensors the model does not use",
            checkpoint.Folder,
            $"the tensors of a {model.Spec.Family} of {model.Spec.Layers} layers",
            Names(extra),
            "a part of the mathematics may be missing from config.json, or the weights belong to another model");
    }

    /// <summary>Bytes of the tensors the model uses, once <see cref="Check"/> has found them.</summary>
    public long UsedBytes => _used.Sum(name => checkpoint.Find(name)!.Value.Tensor.Bytes);

    /// <summary>A tensor of the model, by its full name.</summary>
    public (SafetensorsFile File, TensorEntry Tensor) Find(string name) => checkpoint.Find(Resolve(name)!)!.Value;

    private static string Names(List<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? ", ..." : "");

    private bool IsUnused(string name) =>
        model.Sources.Unused.Any(end => name.EndsWith(end, StringComparison.Ordinal))
        || (model.Spec.TiedEmbeddings && name == "lm_head.weight");

    /// <summary>The name a tensor has in this checkpoint: with or without the base model's prefix.</summary>
    private string? Resolve(string name)
    {
        if (checkpoint.Find(name) is not null) return name;
        string prefix = model.Sources.BasePrefix;
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        string bare = name[prefix.Length..];
        return checkpoint.Find(bare) is not null ? bare : null;
    }

    private static IEnumerable<string> RequiredNames(DecoderSources sources, int layers)
    {
        static IEnumerable<string?> Of(LinearSource? linear) => [linear?.Weight, linear?.Bias];
        static IEnumerable<string?> OfNorm(NormSource? norm) => [norm?.Weight, norm?.Bias];
        var names = new List<string?> { sources.Embedding, sources.Positions };
        names.AddRange([.. OfNorm(sources.EmbeddingNorm), .. Of(sources.ProjectIn), .. Of(sources.ProjectOut), .. OfNorm(sources.FinalNorm), .. Of(sources.Unembedding)]);
        foreach (string? name in names)
        {
            if (name is not null) yield return name;
        }

        for (int i = 0; i < layers; i++)
        {
            var layer = sources.Layer(i);
            IEnumerable<string?> all =
            [
                .. OfNorm(layer.AttnNorm), .. OfNorm(layer.FfnNorm), .. OfNorm(layer.AttnPostNorm), .. OfNorm(layer.FfnPostNorm), .. OfNorm(layer.QNorm),
                .. OfNorm(layer.KNorm), .. Of(layer.Q), .. Of(layer.K), .. Of(layer.V), .. Of(layer.O), .. Of(layer.Gate), .. Of(layer.Up), .. Of(layer.Down),
            ];
            foreach (string? name in all)
            {
                if (name is not null) yield return name;
            }
        }
    }
}
