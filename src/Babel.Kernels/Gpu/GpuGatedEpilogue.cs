namespace Babel.Kernels.Gpu;

/// <summary>The steps of a <see cref="GatedEpilogue"/> as a product kernel takes them, see <see cref="GpuEpilogue"/>.</summary>
/// <param name="GateBias">[n] or null.</param>
/// <param name="UpBias">[n] or null.</param>
/// <param name="GatePre">Receives g, [N, n] or null.</param>
/// <param name="UpPre">Receives u, [N, n] or null.</param>
/// <param name="Activation">sigma, of g.</param>
/// <param name="Scale">[n] or null.</param>
internal readonly record struct GpuGatedEpilogue(
    TensorView? GateBias, TensorView? UpBias, TensorView? GatePre, TensorView? UpPre, Activation Activation, TensorView? Scale);
