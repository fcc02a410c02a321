using Babel.Model.Families;
using Babel.Model.Files;
using Babel.Model.RandomModels;

namespace Babel.Model.Decoding;

/// <summary>All weights, loaded once.</summary>
internal sealed class ResidentWeights : IWeightSource
{
    private readonly WeightPool _pool;
    private readonly InputWeights _input;
    private readonly LayerWeights[] _layers;
    private readonly OutputWeights _output;

    private ResidentWeights(WeightPool pool, WeightBuilder loader)
    {
        _pool = pool;
        _input = loader.Input();
        _output = loader.Output(_input.Embedding);
        _layers = new LayerWeights[loader.Model.Spec.Layers];
        for (int i = 0; i < _layers.Length; i++) _layers[i] = loader.Layer(i);
        BytesRead = loader.BytesRead;
    }

    public bool IsResident => true;

    public long BytesRead { get; }

    public static ResidentWeights Load(
        Checkpoint checkpoint, ModelDefinition model, Kernels.Device device, IProgress<LoadProgress>? progress, CancellationToken ct) =>
        Make(device, pool => new WeightLoader(checkpoint, model, device, pool, progress, ct));

    /// <summary>Random weights of a shape, without a file.</summary>
    public static ResidentWeights Draw(ModelDefinition model, RandomModelShape shape, Kernels.Device device, CancellationToken ct) =>
        Make(device, pool => new WeightDrawer(model, shape, device, pool, ct));

    public InputWeights Input(IReadOnlyCollection<int> ids) => _input;

    public LayerWeights Layer(int index) => _layers[index];

    public OutputWeights Output() => _output;

    public void Dispose() => _pool.Dispose();

    private static ResidentWeights Make(Kernels.Device device, Func<WeightPool, WeightBuilder> builder)
    {
        var pool = new WeightPool(device);
        try
        {
            return new ResidentWeights(pool, builder(pool));
        }
        catch
        {
            pool.Dispose();
            throw;
        }
    }
}
