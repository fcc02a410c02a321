namespace Babel.Kernels.Cpu.Simd;

/// <summary>How queries, keys and values come to lie as the register tiles want them.</summary>
internal readonly unsafe ref partial struct AttentionColumns<TV>
{
    private void PackQueries()
    {
        new Span<float>(_zeros, (int)_headDim).Clear();
        _block.FillOffsets(_offsets);
        float* q = _block.Query(0);
        for (int row = 0; row < _panels * Panel; row += 4)
        {
            for (int ahead = row + Ahead; ahead < row + Ahead + 4 && ahead < _block.Rows; ahead++) _block.Prefetch(q + _offsets[ahead]);

            // Lanes without a row compute something harmless that nobody reads.
            float* to = _q + (row / Panel * Panel * _headDim) + (row % Panel);
            Transpose4.ToColumns(RowOr(q, row), RowOr(q, row + 1), RowOr(q, row + 2), RowOr(q, row + 3), _headDim, to, Panel);
        }
    }

    /// <summary>A row of queries or output that begin at <paramref name="first"/>; behind the last, a row of zeros which as an output nobody reads.</summary>
    private float* RowOr(float* first, int row) => row < _block.Rows ? first + _offsets[row] : _zeros;

    /// <summary>Keys as tiles [d][h]; the last tile is filled up to a multiple of 4 with zeros.</summary>
    private void PackKeys(int key, int from, int to)
    {
        for (int tile = from; tile < to; tile = EndOfKeys(tile))
        {
            int height = HeightOfKeys(tile, to);
            for (int j = tile; j < tile + height; j += 4)
            {
                for (int ahead = key + j; ahead < key + j + 4; ahead++)
                {
                    _block.Prefetch(_block.Key(ahead + Ahead));
                    _block.Prefetch(_block.Value(ahead));
                }

                Transpose4.ToColumns(
                    KeyOrZeros(key, j, to),
                    KeyOrZeros(key, j + 1, to),
                    KeyOrZeros(key, j + 2, to),
                    KeyOrZeros(key, j + 3, to),
                    _headDim,
                    _k + (tile * _headDim) + (j - tile),
                    height);
            }
        }
    }

    private float* KeyOrZeros(int key, int j, int to) => j < to ? _block.Key(key + j) : _zeros;

    /// <summary>
    /// Where the tile of keys that begins at <paramref name="tile"/> ends. Tiles are as high as registers allow, multiples of 4, so that four keys at a time
    /// can be packed, and end at every 32nd key, as the rows of a panel do.
    /// </summary>
    private int EndOfKeys(int tile) => tile + (!_tall ? 4 : tile % Panel == 24 ? 8 : 12);

    /// <summary>Where the tile with key <paramref name="j"/> begins.</summary>
    private int StartOfKeys(int j) => !_tall ? j & ~3 : (j & ~(Panel - 1)) + (j % Panel >= 24 ? 24 : j % Panel >= 12 ? 12 : 0);

    private int HeightOfKeys(int tile, int to) => Math.Min(EndOfKeys(tile), (to + 3) & ~3) - tile;

    /// <summary>Values as tiles [keys][h] of h neighbouring dimensions; a few keys at a time, so that each is read once.</summary>
    private void PackValues(int key, int from, int to)
    {
        const int Few = 8;
        for (int j = from; j < to; j += Few)
        {
            nint next;
            for (nint c = 0; c < _headDim; c = next)
            {
                next = EndOfTile(c);
                float* tile = _v + (c * Keys) + (j * (next - c));
                ShortRows.Copy(_block.Value(key + j) + c, _block.KeyStride, tile, (int)(next - c), Math.Min(Few, to - j));
            }
        }
    }

    /// <summary>Where the tile of dimensions that begins at <paramref name="c"/> ends: tiles of even height, as few as there can be.</summary>
    private nint EndOfTile(nint c)
    {
        nint tiles = (_headDim - c + _kernels.Tallest - 1) / _kernels.Tallest;
        return c + ((_headDim - c + tiles - 1) / tiles);
    }
}
