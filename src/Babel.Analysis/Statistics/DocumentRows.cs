using System.Runtime.InteropServices;
using Babel.Model.Files;

namespace Babel.Analysis.Statistics;

/// <summary>
/// A number of every document and neuron, [documents, n] by layer: all in memory, or one layer at a time and the others in a temporary file.
/// </summary>
internal sealed class DocumentRows
{
    private const int None = -1;
    private readonly float[][] _layers;
    private readonly TemporaryFile? _file;
    private readonly long _layerBytes;
    private readonly bool[] _written;
    private int _held = None;
    private bool _changed;

    /// <summary>Makes room.</summary>
    /// <param name="layers">L.</param>
    /// <param name="size">Numbers a layer has.</param>
    /// <param name="spool">Whether layers wait in a file, which is closed with the last reference to this.</param>
    public DocumentRows(int layers, int size, bool spool)
    {
        IsSpooled = spool && size > 0;
        _layerBytes = (long)size * sizeof(float);
        _written = new bool[layers];
        _layers = new float[IsSpooled ? 1 : layers][];
        for (int i = 0; i < _layers.Length; i++) _layers[i] = new float[size];
        if (IsSpooled) _file = new TemporaryFile(Path.GetTempPath(), layers * _layerBytes);
    }

    /// <summary>Whether layers wait in a file.</summary>
    public bool IsSpooled { get; }

    /// <summary>The numbers of a layer, to be read; valid until another layer is asked for.</summary>
    public ReadOnlySpan<float> Read(int layer) => Hold(layer);

    /// <summary>The numbers of a layer, to be read and written; valid until another layer is asked for.</summary>
    public Span<float> Write(int layer)
    {
        var numbers = Hold(layer);
        _changed = true;
        return numbers;
    }

    private Span<float> Hold(int layer)
    {
        if (_file is null) return _layers[layer];
        if (layer == _held) return _layers[0];
        var bytes = MemoryMarshal.AsBytes(_layers[0].AsSpan());
        if (_changed)
        {
            _file.Write(_held * _layerBytes, bytes);
            _written[_held] = true;
        }

        if (_written[layer]) _file.Read(layer * _layerBytes, bytes);
        else bytes.Clear();
        (_held, _changed) = (layer, false);
        return _layers[0];
    }
}
