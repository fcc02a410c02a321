using Babel.Kernels;

namespace Babel.Model;

/// <summary>Receives what a <see cref="ProbePlan"/> asks for. Tensors are valid during the call only; layers come in ascending order.</summary>
public interface IProbeSink
{
    /// <summary>After each layer, when statistics or scores are planned.</summary>
    void OnLayer(int layer, LayerProbe probe);

    /// <summary>A captured site, as soon as it is computed: [N, n]; <see cref="Site.Pattern"/> sequence after sequence [H, q, k], flat.</summary>
    void OnCapture(SiteRef site, TensorView values);
}
