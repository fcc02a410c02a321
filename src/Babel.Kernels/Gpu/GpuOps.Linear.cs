namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Linear(TensorView x, Weight weight, TensorView output, Epilogue? epilogue = null)
    {
        if (output.Count == 0) return;
        var e = epilogue ?? Epilogue.None;
        var pre = Landing(e.Pre, "pre tap", output);

        // Without a residual the output is what the tap takes.
        var post = e.Residual is null ? e.Post?.Values : Landing(e.Post, "post tap", output);
        Product(x, (GpuWeight)weight, 0, output, new GpuEpilogue(e.Bias, pre, e.Activation, e.Gate, e.Scale, post, e.Residual));
        TakeStats(e.Pre, pre);
        TakeStats(e.Post, post ?? output);
    }

    /// <summary>Where a product stores what a tap takes: the tap's own values, or scratch memory for its statistics.</summary>
    private TensorView? Landing(NeuronTap? tap, string purpose, TensorView like)
    {
        if (tap?.Values is { } values) return values;
        return tap?.Stats is null ? null : Device.Scratch.Floats(purpose, like.Shape.Rows, like.Shape.Columns);
    }

    private void TakeStats(NeuronTap? tap, TensorView? values)
    {
        if (tap?.Stats is { } stats) ColumnStats(values!.Value, tap.Layout!, stats);
    }
}
