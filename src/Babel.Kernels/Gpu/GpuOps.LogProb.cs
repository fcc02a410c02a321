namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <summary>Outputs of the unembedding taken at a time: logits of [N, V] are never stored.</summary>
    internal const int LogitsChunk = 4096;

    /// <inheritdoc/>
    public void LogProb(TensorView x, Weight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output)
    {
        CheckIndices(targets, unembed.Rows, "LogProb: targets", least: -1);
        long rows = x.Shape.Rows;
        if (rows == 0) return;
        var state = Device.Scratch.Floats("log probability state", rows, 3);
        for (long first = 0; first < unembed.Rows; first += LogitsChunk)
        {
            int count = (int)Math.Min(LogitsChunk, unembed.Rows - first);
            var logits = Device.Scratch.Floats("logits", rows, count);
            TensorView? part = bias is { } b ? b with { Shape = new Shape(count), Offset = b.Offset + first } : null;
            Product(x, (GpuWeight)unembed, first, logits, new GpuEpilogue { Bias = part, Activation = cap });
            Arguments().Add(logits.Memory).Add(targets).Add(state.Memory).Add((int)first).Add(count).Add(first == 0);
            Device.Launch("log_prob_chunk", new GpuGrid(rows, 1, 1, Tuning.RowLocal));
        }

        Arguments().Add(state.Memory).Add(targets).Add(output).Add((int)rows);
        Flat("log_prob_finish", rows);
    }
}
