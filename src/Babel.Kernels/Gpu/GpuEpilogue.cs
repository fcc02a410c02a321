namespace Babel.Kernels.Gpu;

/// <summary>
/// The steps of an <see cref="Epilogue"/> as a product kernel takes them: taps are places where values are stored; statistics are taken from
/// there by a kernel of their own.
/// </summary>
/// <param name="Bias">[n] or null.</param>
/// <param name="Pre">Receives the value before the activation, [N, n] or null.</param>
/// <param name="Activation">sigma.</param>
/// <param name="Gate">[N, n] or null; perhaps the output itself.</param>
/// <param name="Scale">[n] or null.</param>
/// <param name="Post">Receives the value after activation, gate and scale, [N, n] or null.</param>
/// <param name="Residual">[N, n] or null; perhaps the output itself.</param>
internal readonly record struct GpuEpilogue(
    TensorView? Bias, TensorView? Pre, Activation Activation, TensorView? Gate, TensorView? Scale, TensorView? Post, TensorView? Residual);
