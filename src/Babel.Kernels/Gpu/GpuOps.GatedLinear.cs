namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue)
    {
        if (output.Count == 0) return;
        var e = epilogue;
        TensorView? gatePre = Landing(e.GatePre, "pre tap", output), upPre = Landing(e.UpPre, "up tap", output);
        GatedProduct(x, (GpuWeight)gate, (GpuWeight)up, output, new GpuGatedEpilogue(e.GateBias, e.UpBias, gatePre, upPre, e.Activation, e.Scale));
        if (e.Post?.Values is { } values) Device.Copy(output, values);
        TakeStats(e.GatePre, gatePre);
        TakeStats(e.UpPre, upPre);
        TakeStats(e.Post, output);
    }
}
