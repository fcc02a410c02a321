using System.Numerics;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl;

/// <summary>Products and attention under OpenCL; the other operators are those of <see cref="GpuOps"/>.</summary>
internal sealed class OpenClOps(OpenClDevice device) : GpuOps(device)
{
    // Rows of a tile of product_cpu.cl.
    private const int CpuRows = 8;

    private readonly OpenClProgram[] _products = [.. Enumerable.Range(0, 3).Select(storage => OpenClProgram.Product(storage, device.Tuning.Lanes > 1))];
    private readonly Dictionary<int, OpenClProgram> _attentions = [];

    private bool OnCpu => device.Tuning.Lanes > 1;

    /// <inheritdoc/>
    protected override void Product(TensorView x, GpuWeight weight, long firstRow, TensorView output, in GpuEpilogue epilogue)
    {
        var e = epilogue;
        int steps = (e.Bias is null ? 0 : 1) | (e.Pre is null ? 0 : 2) | (e.Gate is null ? 0 : 4) | (e.Scale is null ? 0 : 8)
            | (e.Post is null ? 0 : 16) | (e.Residual is null ? 0 : 32);
        long rows = x.Shape.Rows;
        int n = checked((int)output.Shape.Columns), k = checked((int)x.Shape.Columns);
        Arguments().Add(x).Add(weight.Memory).Add(firstRow).Add(output).Add(rows).Add(n).Add(k)
            .Add(steps).Add(e.Bias).Add(e.Pre).Add((int)e.Activation.Kind).Add(e.Activation.Parameter).Add(e.Gate).Add(e.Scale).Add(e.Post).Add(e.Residual);
        var grid = OnCpu ? new GpuGrid(Up(rows, CpuRows), Up(n, OpenClTunings.CpuPanel), 1, 1) : Tiles(rows, n);
        device.Launch(_products[weight.StorageCode], "product", grid);
    }

    /// <inheritdoc/>
    protected override void GatedProduct(TensorView x, GpuWeight gate, GpuWeight up, TensorView output, in GpuGatedEpilogue epilogue)
    {
        var e = epilogue;
        int steps = (e.GateBias is null ? 0 : 1) | (e.UpBias is null ? 0 : 32) | (e.GatePre is null ? 0 : 2) | (e.UpPre is null ? 0 : 16)
            | (e.Scale is null ? 0 : 8);
        long rows = x.Shape.Rows;
        int n = checked((int)output.Shape.Columns), k = checked((int)x.Shape.Columns);
        Arguments().Add(x).Add(gate.Memory).Add(up.Memory).Add(output).Add(rows).Add(n).Add(k)
            .Add(steps).Add(e.GateBias).Add(e.UpBias).Add(e.GatePre).Add(e.UpPre).Add((int)e.Activation.Kind).Add(e.Activation.Parameter).Add(e.Scale);
        var grid = OnCpu ? new GpuGrid(Up(rows, CpuRows), Up(n, device.Tuning.Lanes), 1, 1) : Tiles(rows, n);
        device.Launch(_products[gate.StorageCode], "gated_product", grid);
    }

    /// <inheritdoc/>
    protected override void Attend(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView? scale,
        TensorView? pattern)
    {
        var placed = device.Layouts.Of(layout);
        var (tiles, count) = placed.Tiles(spec.Group, device.Tuning.AttentionRows);
        Arguments().Add(q).Add(k).Add(v).Add(output).Add(placed.Spans).Add(tiles).Add(device.Layouts.Slopes(spec)).Add(scale).Add(scale is not null)
            .Add(pattern).Add(pattern is not null).Add(pattern is null ? null : placed.PatternStarts(spec.Heads))
            .Add(spec.KvHeads).Add(spec.Group).Add(spec.HeadDim).Add(spec.Scale).Add(spec.SoftCap).Add(spec.Window).Add(AlibiCode(spec));
        int room = Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)spec.HeadDim));
        if (!_attentions.TryGetValue(room, out var program)) _attentions.Add(room, program = OpenClProgram.Attention(room));
        device.Launch(program, "attention", new GpuGrid(count, spec.KvHeads, 1, device.Tuning.AttentionLocal));
    }

    private static long Up(long count, int by) => (count + by - 1) / by;

    private GpuGrid Tiles(long rows, int n)
    {
        int panel = device.Tuning.Panel;
        return new GpuGrid(Up(rows, panel), Up(n, panel), 1, OpenClTunings.TileItems(panel));
    }
}
