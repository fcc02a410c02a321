using Babel.Model.Errors;

namespace Babel.Model;

/// <summary>
/// Factors on activations: 0 switches a neuron off, 1 leaves it. Ablation is a mask on what a neuron says, never an edit of its weights, so
/// biases are silenced too and nothing has to be restored. Immutable.
/// </summary>
public sealed class NeuronMask
{
    private readonly Dictionary<SiteRef, float[]> _scales;

    private NeuronMask(Dictionary<SiteRef, float[]> scales) => _scales = scales;

    /// <summary>The masked sites.</summary>
    public IReadOnlyCollection<SiteRef> Sites => _scales.Keys;

    /// <summary>
    /// Switches the given neurons off: Up, Gate and Down at <see cref="Site.MlpPost"/>, Q, K and V at the site of their name, O at <see cref="Site.Z"/>.
    /// </summary>
    /// <exception cref="ModelInputException">The model has no such neuron.</exception>
    public static NeuronMask Off(DecoderSpec spec, IEnumerable<NeuronId> neurons)
    {
        var scales = new Dictionary<SiteRef, float[]>();
        foreach (var id in neurons)
        {
            int count = spec.NeuronCount(id.Part);
            if ((uint)id.Layer >= (uint)spec.Layers || (uint)id.Index >= (uint)count)
            {
                throw new ModelInputException(
                    "the model has no such neuron",
                    where: id.ToString(),
                    expected: $"layer below {spec.Layers}, index below {count} for {id.Part}",
                    found: $"layer {id.Layer}, index {id.Index}");
            }

            var site = new SiteRef(SiteOf(id.Part), id.Layer);
            if (!scales.TryGetValue(site, out float[]? scale))
            {
                scale = new float[spec.Width(site.Site)];
                scale.AsSpan().Fill(1);
                scales.Add(site, scale);
            }

            scale[id.Index] = 0;
        }

        return new NeuronMask(scales);
    }

    /// <summary>Takes factors as they are; the arrays are copied.</summary>
    /// <exception cref="ModelInputException">A site that takes no mask, or an array of another length than the site's width.</exception>
    public static NeuronMask FromScales(DecoderSpec spec, IReadOnlyDictionary<SiteRef, float[]> scales)
    {
        var copy = new Dictionary<SiteRef, float[]>();
        foreach (var (site, scale) in scales)
        {
            bool maskable = site.Site is Site.MlpPost or Site.Q or Site.K or Site.V or Site.Z or Site.AttnOut;
            if (!maskable || (uint)site.Layer >= (uint)spec.Layers || scale.Length != spec.Width(site.Site))
            {
                throw new ModelInputException(
                    "a mask does not fit the model",
                    where: site.ToString(),
                    expected: $"MlpPost, Q, K, V, Z or AttnOut of a layer below {spec.Layers}, {spec.Width(site.Site)} factors",
                    found: $"{scale.Length} factors");
            }

            copy.Add(site, [.. scale]);
        }

        return new NeuronMask(copy);
    }

    /// <summary>The factors of a site, or null where nothing is masked. Not to be written to.</summary>
    public float[]? Scale(Site site, int layer) => _scales.GetValueOrDefault(new SiteRef(site, layer));

    private static Site SiteOf(NeuronPart part) => part switch
    {
        NeuronPart.Q => Site.Q,
        NeuronPart.K => Site.K,
        NeuronPart.V => Site.V,
        NeuronPart.O => Site.Z,
        _ => Site.MlpPost,
    };
}
