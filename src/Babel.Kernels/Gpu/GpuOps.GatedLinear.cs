namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue)
    {
        if (output.Count == 0) return;
        var e = epilogue;
        TensorView? gatePre = Landing(e.GatePre, "pre tap", output), upPre = Landing(e.UpPre, "up tap", output);
        var steps = new GpuGatedEpilogue(e.GateBias, e.UpBias, gatePre, upPre, e.Activation, e.Scale);
        GpuWeight gateWeight = (GpuWeight)gate, upWeight = (GpuWeight)up;
        if (gateWeight.KernelType == upWeight.KernelType) GatedProduct(x, gateWeight, upWeight, output, steps);
        else MixedGatedProduct(x, gateWeight, upWeight, output, steps);
        if (e.Post?.Values is { } values) Device.Copy(output, values);
        TakeStats(e.GatePre, gatePre);
        TakeStats(e.UpPre, upPre);
        TakeStats(e.Post, output);
    }

    /// <summary>Gate and up in different storage types, which hardly a model has in one layer: two products, the gate into memory of its own.</summary>
    private void MixedGatedProduct(TensorView x, GpuWeight gate, GpuWeight up, TensorView output, in GpuGatedEpilogue e)
    {
        var g = Device.Scratch.Floats("gate", output.Shape.Rows, output.Shape.Columns);
        Product(x, gate, 0, g, new GpuEpilogue { Bias = e.GateBias, Pre = e.GatePre, Activation = e.Activation });
        Product(x, up, 0, output, new GpuEpilogue { Bias = e.UpBias, Pre = e.UpPre, Gate = g, Scale = e.Scale });
    }
}
