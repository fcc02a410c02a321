using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>
/// The hidden states of all batches of a layer-major sweep between two layers: the first ones on the device, as many as may be there, the others in a
/// <see cref="TemporaryFile"/>.
/// </summary>
internal sealed class HiddenStates : IDisposable
{
    private readonly Device _device;
    private readonly int _width;
    private readonly Tensor?[] _resident;
    private readonly int[] _rows;
    private readonly long[] _offsets;
    private readonly TemporaryFile? _file;
    private readonly Tensor? _working;
    private readonly byte[] _host = [];
    private readonly long _rowBytes;
    private readonly int _hostRows;

    /// <summary>Makes room for states of <paramref name="rows"/> token rows each.</summary>
    /// <exception cref="IOException">The temporary file does not fit its disk.</exception>
    public HiddenStates(Device device, IReadOnlyList<int> rows, int width, SweepOptions options)
    {
        (_device, _width, _rows) = (device, width, [.. rows]);
        _resident = new Tensor?[rows.Count];
        _offsets = new long[rows.Count];
        _rowBytes = (long)width * device.ComputeType.Size();
        long resident = 0;
        int largest = 0;
        try
        {
            for (int i = 0; i < rows.Count; i++)
            {
                long bytes = rows[i] * _rowBytes;
                if (bytes <= options.ResidentBytes - resident)
                {
                    _resident[i] = device.Allocate(new Shape(rows[i], width));
                    resident += bytes;
                    continue;
                }

                _offsets[i] = SpoolBytes;
                SpoolBytes += bytes;
                largest = Math.Max(largest, rows[i]);
            }

            if (SpoolBytes == 0) return;
            _working = device.Allocate(new Shape(largest, width));
            _hostRows = (int)Math.Clamp(SweepOptions.PieceBytes / _rowBytes, 1, largest);
            _host = new byte[checked((int)(_hostRows * _rowBytes))];
            _file = new TemporaryFile(options.SpoolFolder, SpoolBytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the temporary file.</summary>
    public long SpoolBytes { get; }

    /// <summary>The place of a state [N, D], not read: for the first layer's input.</summary>
    public TensorView New(int index) => _resident[index] is { } tensor ? tensor.View : _working!.Rows(_rows[index]);

    /// <summary>A state as it was kept.</summary>
    public TensorView Read(int index)
    {
        var view = New(index);
        if (_resident[index] is not null) return view;
        for (int row = 0; row < _rows[index]; row += _hostRows)
        {
            var bytes = Piece(index, row, out int count);
            _file!.Read(_offsets[index] + (row * _rowBytes), bytes);
            _device.Upload(bytes, view.Rows(row, count));
        }

        return view;
    }

    /// <summary>Keeps what the place of a state holds now.</summary>
    public void Keep(int index)
    {
        if (_resident[index] is not null) return;
        for (int row = 0; row < _rows[index]; row += _hostRows)
        {
            var bytes = Piece(index, row, out int count);
            _device.Download(New(index).Rows(row, count), bytes);
            _file!.Write(_offsets[index] + (row * _rowBytes), bytes);
        }
    }

    public void Dispose()
    {
        foreach (var tensor in _resident) tensor?.Dispose();
        _working?.Dispose();
        _file?.Dispose();

        // Most of the memory of a run: others are to have it now.
        _device.Trim();
    }

    /// <summary>Rows of a state on their way: a state may be larger than an array, or than the memory there is besides.</summary>
    private Span<byte> Piece(int index, int row, out int count)
    {
        count = Math.Min(_hostRows, _rows[index] - row);
        return _host.AsSpan(0, (int)(count * _rowBytes));
    }
}
