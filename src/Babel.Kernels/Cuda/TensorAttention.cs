using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// Attention of <see cref="Precision.Fast"/> on tensor cores: queries, keys, values and probabilities are rounded to bfloat16, both products, the softmax
/// and the result are float32 (Cuda/Kernels/attention_rows.h). Keys and values are rounded once a call, into scratch memory of 4 bytes for each element of
/// the keys of the layout, and queries read that.
/// </summary>
internal sealed class TensorAttention
{
    // Cuda/Kernels/brain_keys.h.
    private const int BrainKeysThreads = 256;
    private const int BrainKeysRows = 8;

    private const int GroupRows = 64;
    private const int GroupThreads = 128;
    private const int StretchColumns = TensorMap.BoxColumns;
    private const int StretchBytes = sizeof(ushort) * StretchColumns;
    private const int Barriers = 8;
    private readonly CudaDevice _device;
    private readonly TensorMap? _keys;
    private readonly TensorMap? _values;

    /// <summary>With <c>mma.sync</c> (Cuda/Kernels/tensor_attention.h).</summary>
    public TensorAttention(CudaDevice device) => _device = device;

    /// <summary>With <c>wgmma</c> (Cuda/Kernels/hopper_attention.h), which takes descriptions of keys and values.</summary>
    public TensorAttention(CudaDevice device, TensorMap keys, TensorMap values)
        : this(device)
    {
        _keys = keys;
        _values = values;
    }

    /// <summary>The lengths of heads it has kernels for.</summary>
    public static IReadOnlyList<int> HeadDims { get; } = [64, 96, 128];

    /// <summary>How many kernels a length has, from the smallest tile of rows to the largest.</summary>
    public static int TileCount => 2;

    /// <summary>The instructions it is done with.</summary>
    public CudaEngine Engine => _keys is null ? CudaEngine.Mma : CudaEngine.Wgmma;

    /// <summary>Keys that pass through shared memory together.</summary>
    private int KeyBlock => _keys is null ? 64 : 128;

    /// <summary>Whether an attention of this form can be computed here. Others keep to the float units.</summary>
    public static bool Serves(AttentionSpec spec) => HeadDims.Contains(spec.HeadDim);

    /// <summary>Memory that rounded keys and values take, every sequence's filled up to whole blocks.</summary>
    public long ScratchBytes(OperatorLoad load) => HeadDims.Contains((int)load.HeadDim)
        ? 2 * sizeof(ushort) * (Math.Max(load.Rows, load.Keys) + (load.Sequences * (KeyBlock - 1))) * load.KvHeads * load.HeadDim : 0;

    /// <summary>Enqueues <see cref="IOps.Attention"/>, <paramref name="scale"/> that of its epilogue. A row has the same bits in every tile.</summary>
    public void Attend(
        TensorView q, TensorView k, TensorView v, TensorView output, AttentionSpec spec, SequenceLayout layout, TensorView? scale)
    {
        // Large tiles read keys less often; they are worth it where there are enough of them to fill the device.
        int last = TileCount - 1;
        long blocks = 0;
        foreach (var span in layout.Spans) blocks += (((long)span.QueryLength * spec.Group) + Rows(last) - 1) / Rows(last) * spec.KvHeads;
        Attend(blocks >= _device.Facts.Processors ? last : 0, q, k, v, output, spec, layout, scale);
    }

    /// <summary>Enqueues an attention with a tile of one's choice.</summary>
    internal void Attend(
        int tile, TensorView q, TensorView k, TensorView v, TensorView output, AttentionSpec spec, SequenceLayout layout, TensorView? scale)
    {
        var placed = _device.Layouts.Of(layout);
        var (starts, blocks) = placed.KeyBlocks(KeyBlock);
        int width = spec.KvHeads * spec.HeadDim, rows = checked(blocks * KeyBlock);
        long valuesAt = (long)rows * width;
        var brain = _device.Scratch.Bytes("bf16 keys and values", checked(2 * sizeof(ushort) * valuesAt));
        _device.Arguments.Clear().Add(k).Add(v).Add(brain).Add(valuesAt).Add(placed.Spans).Add(starts).Add(layout.Count).Add(width).Add(KeyBlock).Add(spec.Window);
        _device.Launch("brain_keys", new GpuGrid(rows / BrainKeysRows, 2, 1, BrainKeysThreads));

        _device.Arguments.Clear();
        if (_keys is null) _device.Arguments.Add(brain).Add(valuesAt);
        var tiles = placed.Tiles(spec.Group, Rows(tile));
        _device.Arguments.Add(q).Add(output).Add(placed.Spans).Add(tiles.Memory).Add(starts).Add(_device.Layouts.Slopes(spec)).Add(scale)
            .Add(spec.KvHeads).Add(spec.Group).Add(spec.Scale).Add(spec.SoftCap).Add(spec.Window).Add(GpuOps.AlibiCode(spec));
        string name = $"{(_keys is null ? "tensor" : "hopper")}_attention_{(tile == 0 ? "narrow" : "wide")}_{spec.HeadDim}";
        var grid = new GpuGrid(tiles.Count, spec.KvHeads, 1, Threads(tile));
        if (_keys is null)
        {
            _device.Launch(name, grid, SharedBytes(tile, spec.HeadDim));
            return;
        }

        ulong address = ((GpuMemory)brain).Address;
        _keys.Describe(address, rows, width, KeyBlock);
        _values!.Describe(address + (ulong)(sizeof(ushort) * valuesAt), rows, width, KeyBlock);
        _device.Launch(name, grid, SharedBytes(tile, spec.HeadDim), [_keys.Address, _values.Address]);
    }

    /// <summary>Rows of a tile: a query of one head each.</summary>
    internal static int Rows(int tile) => GroupRows * (tile + 1);

    /// <summary>Threads of a block; with <c>wgmma</c> a group more, which orders copies.</summary>
    private int Threads(int tile) => GroupThreads * (tile + (_keys is null ? 1 : 2));

    /// <summary>Shared memory of a block: queries, two blocks of keys and two of values; with <c>wgmma</c> in stretches of 64 columns, and barriers.</summary>
    private int SharedBytes(int tile, int headDim)
    {
        int rows = Rows(tile) + (4 * KeyBlock);
        return _keys is null
            ? rows * headDim * sizeof(ushort)
            : (rows * ((headDim + StretchColumns - 1) / StretchColumns) * StretchBytes) + (Barriers * sizeof(long));
    }
}
