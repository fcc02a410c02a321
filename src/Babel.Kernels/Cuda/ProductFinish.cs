using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>What Cuda/Kernels/finish.h does to a product, in the order of its arguments.</summary>
/// <param name="Output">[N, n], where the result goes.</param>
/// <param name="Bias">[n] or null, of the product or of the gate.</param>
/// <param name="Pre">[N, n] or null, receives the value before the activation.</param>
/// <param name="UpBias">[n] or null, of the second product.</param>
/// <param name="UpPre">[N, n] or null, receives the second product.</param>
/// <param name="Gate">[N, n] or null.</param>
/// <param name="Scale">[n] or null.</param>
/// <param name="Post">[N, n] or null, receives the value after scaling.</param>
/// <param name="Residual">[N, n] or null.</param>
/// <param name="Activation">sigma.</param>
internal readonly record struct ProductFinish(
    TensorView Output,
    TensorView? Bias,
    TensorView? Pre,
    TensorView? UpBias,
    TensorView? UpPre,
    TensorView? Gate,
    TensorView? Scale,
    TensorView? Post,
    TensorView? Residual,
    Activation Activation)
{
    /// <summary>The steps of a product.</summary>
    public static ProductFinish Of(TensorView output, in GpuEpilogue e) =>
        new(output, e.Bias, e.Pre, null, null, e.Gate, e.Scale, e.Post, e.Residual, e.Activation);

    /// <summary>The steps of a gated product.</summary>
    public static ProductFinish Of(TensorView output, in GpuGatedEpilogue e) =>
        new(output, e.GateBias, e.GatePre, e.UpBias, e.UpPre, null, e.Scale, null, null, e.Activation);

    /// <summary>The same for some of the rows.</summary>
    public ProductFinish Rows(long start, long count) => this with
    {
        Output = Output.Rows(start, count),
        Pre = Pre?.Rows(start, count),
        UpPre = UpPre?.Rows(start, count),
        Gate = Gate?.Rows(start, count),
        Post = Post?.Rows(start, count),
        Residual = Residual?.Rows(start, count),
    };

    /// <summary>Adds them to a launch's arguments.</summary>
    public void AddTo(GpuArguments arguments, long inner) =>
        arguments.Add(Output).Add(Bias).Add(Pre).Add(UpBias).Add(UpPre).Add(Gate).Add(Scale).Add(Post).Add(Residual)
            .Add((int)Activation.Kind).Add(Activation.Parameter).Add(checked((int)Output.Shape.Rows)).Add(checked((int)Output.Shape.Columns))
            .Add(checked((int)inner));
}
