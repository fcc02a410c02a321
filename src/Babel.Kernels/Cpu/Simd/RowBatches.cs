using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Walks over the activation rows of a product in batches of at most <see cref="ProductPlan.BatchRows"/>, each packed for the register tiles. Batches come in
/// ascending order and one after the other, so statistics may go on from one to the next.
/// </summary>
internal unsafe struct RowBatches
{
    private readonly CpuDevice _device;
    private readonly WorkerPool _pool;
    private readonly float* _source;
    private readonly int* _map;
    private readonly nint _rows;
    private readonly nint _columns;
    private readonly nint _batchRows;
    private nint _next;

    /// <summary>Takes the rows of <paramref name="x"/> for a weight of <paramref name="panels"/> panels; those that <paramref name="map"/> lists, if given.</summary>
    public RowBatches(CpuDevice device, WorkerPool pool, TensorView x, nint panels, int* map = null, nint mapped = 0)
    {
        _device = device;
        _pool = pool;
        _source = Operand.Floats(x);
        _map = map;
        _rows = map == null ? (nint)x.Shape.Rows : mapped;
        _columns = (nint)x.Shape.Columns;
        int most = ProductPlan.BatchRows(panels, pool.Threads);
        nint batches = (_rows + most - 1) / most;
        _batchRows = batches == 0 ? 0 : (_rows + batches - 1) / batches;
    }

    /// <summary>Packs the next batch; false when there is none.</summary>
    public bool Next(out PackedProduct product, out nint firstRow)
    {
        product = default;
        firstRow = _next;
        nint rows = Math.Min(_batchRows, _rows - _next);
        if (rows <= 0) return false;
        _next += rows;
        var source = _map == null ? _source + (firstRow * _columns) : _source;
        if (_device.Brain is { } brain)
        {
            product = Rounded(brain, source, firstRow, rows);
            return true;
        }

        var tiling = new RowTiling(rows, _device.Kernels.Tallest, ProductPlan.GroupRows);
        var packed = source;

        // A single row in order is its own packing.
        if (rows > 1 || _map != null)
        {
            packed = (float*)_device.Scratch.Shared(ScratchBuffers.Activations, rows * _columns * sizeof(float));
            new RowPacking(tiling, _columns, source, _map == null ? null : _map + firstRow, packed).Run(_pool);
        }

        product = new PackedProduct(_device.Kernels, packed, tiling);
        return true;
    }

    private readonly PackedProduct Rounded(BrainKernels brain, float* source, nint firstRow, nint rows)
    {
        long elements = BrainRowPacking.Elements(rows, _columns);
        var packed = (ushort*)_device.Scratch.Shared(ScratchBuffers.Activations, elements * sizeof(ushort));
        new BrainRowPacking(rows, _columns, source, _map == null ? null : _map + firstRow, packed).Run(_pool);
        return new PackedProduct(_device.Kernels, (float*)packed, new RowTiling(rows, brain.Tallest, ProductPlan.GroupRows), brain);
    }
}
