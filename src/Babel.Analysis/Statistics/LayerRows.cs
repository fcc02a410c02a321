using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>The tensors in which a layer's statistics of one batch lie, by number: on the device, or on their way to the host.</summary>
internal sealed class LayerRows
{
    private readonly List<TensorView> _views = [];
    private PendingDownload? _download;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => _views.Sum(v => v.Count * v.DType.Size());

    /// <summary>Whether they are on the host, or reading them does not wait for anything else.</summary>
    public bool AreHere => _download?.IsDone ?? true;

    /// <summary>Adds the first <paramref name="rows"/> rows of a tensor; its number comes back.</summary>
    public int Add(TensorView source, int rows)
    {
        _views.Add(source.Rows(0, rows));
        return _views.Count - 1;
    }

    /// <summary>Sends them on their way: the tensors may be written to again.</summary>
    public void Begin(Device device) => _download = device.BeginDownload(_views);

    /// <summary>A tensor on the device.</summary>
    public TensorView View(int index) => _views[index];

    /// <summary>Whether a tensor is, or will be, on the host, and its bytes then; waits for them.</summary>
    public bool TryBytes(int index, out ReadOnlySpan<byte> bytes)
    {
        bytes = _download is null ? default : _download.Bytes(index);
        return _download is not null;
    }

    /// <summary>Holds none any more, on the way or not.</summary>
    public void Clear()
    {
        _download?.Dispose();
        _download = null;
        _views.Clear();
    }
}
