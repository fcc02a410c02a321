using Babel.Kernels;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>
/// One part of the weights at a time: the embeddings in use, a block, or the unembedding. While a block is in use, the system is told which bytes come
/// next, so that a disk works meanwhile.
/// </summary>
internal sealed class StreamedWeights : IWeightSource
{
    private const int InputPart = -1;
    private const int OutputPart = -2;
    private const int NoPart = -3;

    private readonly Checkpoint _checkpoint;
    private readonly Device _device;
    private readonly WeightPool _pool;
    private readonly WeightLoader _loader;
    private int _part = NoPart;
    private LayerWeights? _layer;
    private OutputWeights? _output;

    /// <summary>Opens the files; the checkpoint is owned from now on.</summary>
    public StreamedWeights(Checkpoint checkpoint, ModelDefinition model, Device device)
    {
        (_checkpoint, _device) = (checkpoint, device);
        _pool = new WeightPool(device);
        try
        {
            _loader = new WeightLoader(checkpoint, model, device, _pool, progress: null, CancellationToken.None);
            _loader.CheckShapes();
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public bool IsResident => false;

    public long BytesRead => _loader.BytesRead;

    public InputWeights Input(IReadOnlyCollection<int> ids)
    {
        Clear();
        _part = InputPart;
        return _loader.Input(ids);
    }

    public LayerWeights Layer(int index)
    {
        if (_part == index) return _layer!;
        if (_part < 0) Clear();
        _pool.Recycle();
        _part = NoPart;
        _layer = _loader.Layer(index);
        _pool.Trim();
        _part = index;
        _loader.Announce(index + 1);
        return _layer;
    }

    public OutputWeights Output()
    {
        if (_part == OutputPart) return _output!;
        Clear();
        _output = _loader.Output(embedding: null);
        _part = OutputPart;
        return _output;
    }

    public void Dispose()
    {
        _pool.Dispose();
        _checkpoint.Dispose();
    }

    /// <summary>Frees the part in memory before another kind comes, so that never both are there.</summary>
    private void Clear()
    {
        _part = NoPart;
        (_layer, _output) = (null, null);
        _pool.Recycle();
        _pool.Trim();
        _device.Trim();
    }
}
