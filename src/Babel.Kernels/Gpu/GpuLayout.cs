using System.Runtime.InteropServices;

namespace Babel.Kernels.Gpu;

/// <summary>A <see cref="SequenceLayout"/> on a device.</summary>
internal sealed class GpuLayout : IDisposable
{
    private readonly GpuDevice _device;
    private readonly SequenceSpan[] _spans;
    private readonly int _tokens;
    private readonly Tensor _onDevice;
    private readonly Dictionary<(int Group, int Rows), Tensor> _tiles = [];
    private readonly Dictionary<int, Tensor> _patterns = [];
    private readonly Dictionary<int, (Tensor Starts, int Count)> _keyBlocks = [];
    private Tensor? _owners;

    /// <summary>Uploads the sequences.</summary>
    public GpuLayout(GpuDevice device, SequenceLayout layout)
    {
        _device = device;
        _spans = layout.Spans.ToArray();
        _tokens = layout.Tokens;
        var numbers = new int[4 * _spans.Length];
        for (int s = 0; s < _spans.Length; s++)
        {
            var span = _spans[s];
            (numbers[4 * s], numbers[(4 * s) + 1], numbers[(4 * s) + 2], numbers[(4 * s) + 3]) = (span.QueryStart, span.QueryLength, span.KeyStart, span.KeyLength);
        }

        _onDevice = device.FromInts(numbers, new Shape(numbers.Length));
    }

    /// <summary>Four integers a sequence: first query row, queries, first key row, keys.</summary>
    public DeviceMemory Spans => _onDevice.Memory;

    /// <summary>The sequence of every token row.</summary>
    public DeviceMemory Owners
    {
        get
        {
            if (_owners is not null) return _owners.Memory;
            var owners = new int[_tokens];
            for (int s = 0; s < _spans.Length; s++) owners.AsSpan(_spans[s].QueryStart, _spans[s].QueryLength).Fill(s);
            _owners = _device.FromInts(owners, new Shape(owners.Length));
            return _owners.Memory;
        }
    }

    /// <summary>
    /// The tiles of an attention with <paramref name="group"/> query heads a key/value head, <paramref name="rows"/> rows each: two integers a
    /// tile, its sequence and its first row. The longest come first, so that none is begun last.
    /// </summary>
    public (DeviceMemory Memory, int Count) Tiles(int group, int rows)
    {
        if (!_tiles.TryGetValue((group, rows), out var tiles))
        {
            var list = new List<(int Sequence, int Row, int Keys)>();
            for (int s = 0; s < _spans.Length; s++)
            {
                int past = _spans[s].KeyLength - _spans[s].QueryLength;
                for (int row = 0; row < checked(_spans[s].QueryLength * group); row += rows) list.Add((s, row, past + (row / group)));
            }

            list.Sort((a, b) => a.Keys != b.Keys ? b.Keys.CompareTo(a.Keys) : (a.Sequence, a.Row).CompareTo((b.Sequence, b.Row)));
            int[] numbers = [.. list.SelectMany(tile => (int[])[tile.Sequence, tile.Row])];
            tiles = _device.FromInts(numbers, new Shape(numbers.Length));
            _tiles.Add((group, rows), tiles);
        }

        return (tiles.Memory, checked((int)(tiles.View.Count / 2)));
    }

    /// <summary>
    /// The keys of all sequences in blocks of <paramref name="size"/>, those of a sequence beginning a block: the number of every sequence's first block,
    /// and how many blocks there are. Sequences that follow each other with the same keys, and as many queries, share blocks.
    /// </summary>
    public (DeviceMemory Starts, int Count) KeyBlocks(int size)
    {
        if (!_keyBlocks.TryGetValue(size, out var blocks))
        {
            var starts = new int[_spans.Length];
            int count = 0;
            for (int s = 0; s < starts.Length; s++)
            {
                if (s > 0 && _spans[s] with { QueryStart = 0 } == _spans[s - 1] with { QueryStart = 0 })
                {
                    starts[s] = starts[s - 1];
                    continue;
                }

                starts[s] = count;
                count = checked(count + ((_spans[s].KeyLength + size - 1) / size));
            }

            blocks = (_device.FromInts(starts, new Shape(starts.Length)), count);
            _keyBlocks.Add(size, blocks);
        }

        return (blocks.Starts.Memory, blocks.Count);
    }

    /// <summary>Where the pattern of every sequence begins, in elements, as 64-bit integers.</summary>
    public DeviceMemory PatternStarts(int heads)
    {
        if (_patterns.TryGetValue(heads, out var starts)) return starts.Memory;
        var numbers = new long[_spans.Length];
        for (int s = 1; s < numbers.Length; s++)
            numbers[s] = checked(numbers[s - 1] + ((long)heads * _spans[s - 1].QueryLength * _spans[s - 1].KeyLength));
        starts = _device.Allocate(DType.I64, new Shape(numbers.Length));
        _patterns.Add(heads, starts);
        _device.Upload(MemoryMarshal.AsBytes<long>(numbers), starts);
        return starts.Memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _onDevice.Dispose();
        _owners?.Dispose();
        foreach (var tiles in _tiles.Values) tiles.Dispose();
        foreach (var starts in _patterns.Values) starts.Dispose();
        foreach (var blocks in _keyBlocks.Values) blocks.Starts.Dispose();
    }
}
