using System.Globalization;
using System.Text.Json;
using Babel.Cli.Options;
using Babel.Model;
using Babel.Model.Errors;

namespace Babel.Cli.Inputs;

/// <summary>
/// What <c>--ablate FILE[#SET]</c> switches off. Two forms are read:
/// <list type="bullet">
/// <item><c>{"ablations": {LAYER: {SITE: [indices]}}}</c>, or with names, <c>{"ablations": {SET: {LAYER: {SITE: [indices]}}}}</c>;</item>
/// <item>a <c>neurons.json</c>, whose sets are languages.</item>
/// </list>
/// </summary>
internal static class AblationFile
{
    /// <summary>The mask of a file's set.</summary>
    /// <param name="reference">FILE[#SET].</param>
    /// <param name="model">The model the neurons are switched off in.</param>
    /// <param name="say">Told when a <c>neurons.json</c> was selected in another model.</param>
    /// <exception cref="UsageException">The file holds several sets and none, or an unknown one, is named.</exception>
    /// <exception cref="ModelFormatException">Not one of the two forms.</exception>
    /// <exception cref="ModelNotFoundException">No such file.</exception>
    public static NeuronMask Load(string reference, LanguageModel model, Action<string> say)
    {
        var (path, set) = Split(reference);
        RequireFile(reference);
        using var document = Parse(path);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("ablations", out var ablations) && ablations.ValueKind == JsonValueKind.Object)
            return FromLayers(Choose(ablations, set, path), model.Spec, path);
        var neurons = NeuronFile.Load(path);
        NeuronFile.CompareModel(neurons, model, say);
        return NeuronMask.Off(model.Spec, NeuronFile.Choose(neurons, path, set));
    }

    /// <summary>Refuses a file that is not there; called before a model is loaded.</summary>
    /// <exception cref="ModelNotFoundException">No such file.</exception>
    public static void RequireFile(string? reference)
    {
        if (reference is null || File.Exists(Split(reference).Path)) return;
        throw new ModelNotFoundException("the file of neurons to switch off is not there", where: Split(reference).Path);
    }

    private static (string Path, string? Set) Split(string reference)
    {
        int hash = reference.LastIndexOf('#');
        return hash < 0 ? (reference, null) : (reference[..hash], reference[(hash + 1)..]);
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw new ModelFormatException("a file of neurons to switch off is not JSON", where: path, found: e.Message, inner: e);
        }
    }

    // A key that is a number is a layer, so the file has one set without a name.
    private static JsonElement Choose(JsonElement ablations, string? set, string path)
    {
        var names = ablations.EnumerateObject().Select(p => p.Name).ToList();
        bool unnamed = names.TrueForAll(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (unnamed && set is null) return ablations;
        if (set is null && names.Count == 1) return ablations.GetProperty(names[0]);
        if (set is not null && !unnamed && ablations.TryGetProperty(set, out var chosen)) return chosen;
        throw new UsageException(unnamed
            ? $"--ablate: {path} has one set without a name; leave '#{set}' out"
            : $"--ablate: name a set of {path} after '#': {string.Join(", ", names)}");
    }

    private static NeuronMask FromLayers(JsonElement layers, DecoderSpec spec, string path)
    {
        var scales = new Dictionary<SiteRef, float[]>();
        foreach (var layer in layers.EnumerateObject())
        {
            if (!int.TryParse(layer.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= spec.Layers)
                throw Malformed(path, $"layers 0 to {spec.Layers - 1}", $"'{layer.Name}'");
            if (layer.Value.ValueKind != JsonValueKind.Object) throw Malformed(path, "{SITE: [indices]}", layer.Value.ValueKind.ToString());
            foreach (var site in layer.Value.EnumerateObject()) SwitchOff(scales, spec, index, site, path);
        }

        return NeuronMask.FromScales(spec, scales);
    }

    private static void SwitchOff(Dictionary<SiteRef, float[]> scales, DecoderSpec spec, int layer, JsonProperty property, string path)
    {
        bool fused = property.Name == "qkv";
        var named = fused ? default : SiteNamed(property.Name, path);
        int width = fused ? spec.QueryWidth + (2 * spec.KvWidth) : spec.Width(named);
        if (property.Value.ValueKind != JsonValueKind.Array) throw Malformed(path, "an array of indices", property.Value.ValueKind.ToString());
        foreach (var element in property.Value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out int index) || (uint)index >= (uint)width)
                throw Malformed(path, $"indices of {property.Name} below {width}", element.GetRawText());
            var site = named;
            if (fused)
            {
                var neuron = FusedRow.ToNeuron(spec, layer, index);
                (site, index) = (Enum.Parse<Site>(neuron.Part.ToString()), neuron.Index);
            }

            var key = new SiteRef(site, layer);
            if (!scales.TryGetValue(key, out float[]? scale))
            {
                scale = new float[spec.Width(site)];
                scale.AsSpan().Fill(1);
                scales.Add(key, scale);
            }

            scale[index] = 0;
        }
    }

    private static Site SiteNamed(string name, string path) => name switch
    {
        "ffn_act" or "MlpPost" => Site.MlpPost,
        "o_in" or "Z" => Site.Z,
        "o_out" or "AttnOut" => Site.AttnOut,
        "q" or "Q" => Site.Q,
        "k" or "K" => Site.K,
        "v" or "V" => Site.V,
        _ => throw Malformed(path, "MlpPost (ffn_act), Q, K, V (q, k, v, qkv), Z (o_in) or AttnOut (o_out)", $"'{name}'"),
    };

    private static ModelFormatException Malformed(string path, string expected, string found) =>
        new("a file of neurons to switch off does not fit", where: path, expected: expected, found: found);
}
