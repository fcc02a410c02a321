namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue)
    {
        var g = Product(x, gate);
        AddBias(epilogue.GateBias, g);
        Take(epilogue.GatePre, g);

        var h = Product(x, up);
        AddBias(epilogue.UpBias, h);
        Take(epilogue.UpPre, h);

        Activate(epilogue.Activation, g);
        for (int r = 0; r < h.Length; r++)
        {
            for (int c = 0; c < h[r].Length; c++) h[r][c] *= g[r][c];
        }

        ApplyScale(epilogue.Scale, h);
        Take(epilogue.Post, h);
        Store(h, output);
    }
}
