using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>A <see cref="NeuronMask"/> on the device.</summary>
internal sealed class MaskTensors : IDisposable
{
    private readonly Dictionary<SiteRef, Tensor> _scales = [];

    /// <summary>Puts a mask on the device, of all layers or of one.</summary>
    public MaskTensors(NeuronMask mask, Device device, int? layer = null)
    {
        Mask = mask;
        foreach (var site in mask.Sites.Where(s => layer is null || s.Layer == layer))
        {
            float[] scale = mask.Scale(site.Site, site.Layer)!;
            _scales.Add(site, device.FromFloats(scale, new Shape(scale.Length)));
        }
    }

    public NeuronMask Mask { get; }

    public TensorView? Scale(Site site, int layer) => _scales.TryGetValue(new SiteRef(site, layer), out var tensor) ? tensor.View : null;

    public void Dispose()
    {
        foreach (var tensor in _scales.Values) tensor.Dispose();
    }
}
