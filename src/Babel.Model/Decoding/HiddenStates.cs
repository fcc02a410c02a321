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

    /// <summary>Makes room for states of <paramref name="rows"/> token rows each.</summary>
    /// <exception cref="IOException">The temporary file does not fit its disk.</exception>
    public HiddenStates(Device device, IReadOnlyList<int> rows, int width, SweepOptions options)
    {
        (_device, _width, _rows) = (device, width, [.. rows]);
        _resident = new Tensor?[rows.Count];
        _offsets = new long[rows.Count];
        long rowBytes = (long)width * device.ComputeType.Size(), resident = 0;
        int largest = 0;
        try
        {
            for (int i = 0; i < rows.Count; i++)
            {
                long bytes = rows[i] * rowBytes;
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
            _host = new byte[checked((int)(largest * rowBytes))];
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
        var bytes = _host.AsSpan(0, BytesOf(index));
        _file!.Read(_offsets[index], bytes);
        _device.Upload(bytes, view);
        return view;
    }

    /// <summary>Keeps what the place of a state holds now.</summary>
    public void Keep(int index)
    {
        if (_resident[index] is not null) return;
        var bytes = _host.AsSpan(0, BytesOf(index));
        _device.Download(New(index), bytes);
        _file!.Write(_offsets[index], bytes);
    }

    public void Dispose()
    {
        foreach (var tensor in _resident) tensor?.Dispose();
        _working?.Dispose();
        _file?.Dispose();
    }

    private int BytesOf(int index) => checked(_rows[index] * _width * _device.ComputeType.Size());
}
