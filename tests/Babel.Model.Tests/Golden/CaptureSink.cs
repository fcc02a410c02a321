using Babel.Kernels;

namespace Babel.Model.Tests.Golden;

/// <summary>Keeps every captured tensor on the host.</summary>
internal sealed class CaptureSink : IProbeSink
{
    public Dictionary<SiteRef, float[]> Values { get; } = [];

    public void OnLayer(int layer, LayerProbe probe)
    {
    }

    public void OnCapture(SiteRef site, TensorView values) => Values.Add(site, values.Device.ToFloats(values));
}
