namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Embed(TensorView ids, Weight table, TensorView output, float scale = 1, bool accumulate = false)
    {
        CheckIndices(ids, table.Rows, "Embed: ids");
        var weight = (GpuWeight)table;
        Arguments().Add(ids).Add(weight.Memory).Add(weight.StorageCode).Add(output)
            .Add((int)ids.Count).Add((int)table.Columns).Add(scale).Add(accumulate);
        Flat("embed", ids.Count * table.Columns);
    }
}
