using Babel.Kernels;
using Babel.Model.Families;
using Babel.Model.RandomModels;

namespace Babel.Model.Decoding;

/// <summary>
/// Random weights, drawn where they lie: no file, and of the matrices nothing goes through the host. The numbers are those of the folder that
/// <see cref="RandomModel"/> writes for the same shape.
/// </summary>
internal sealed class WeightDrawer : WeightBuilder
{
    private readonly Dictionary<string, RandomTensor> _tensors;
    private readonly DType _storage;
    private readonly ulong _seed;
    private readonly CancellationToken _ct;

    public WeightDrawer(ModelDefinition model, RandomModelShape shape, Device device, WeightPool pool, CancellationToken ct)
        : base(model, device, pool)
    {
        _tensors = RandomTensors.Of(model, shape.Weights).ToDictionary(t => t.Header.Name, StringComparer.Ordinal);
        (_storage, _seed, _ct) = (shape.Weights, shape.Seed, ct);
    }

    protected override LinearWeight Linear(LinearSource source, long rows, long columns)
    {
        _ct.ThrowIfCancellationRequested();
        var numbers = _tensors[source.Weight].Numbers(_seed);
        var weight = Pool.Weight(_storage, rows, columns, source.Weight);
        long total = source.Rows?.Total ?? rows, drawn = 0;
        foreach (var (start, count) in source.Rows?.Runs ?? [(0, rows)])
        {
            if (source.Transposed) weight.Draw(drawn, count, numbers, start, 1, total);
            else weight.Draw(drawn, count, numbers, start * columns, columns, 1);
            drawn += count;
        }

        return new LinearWeight(weight, source.Bias is null ? null : Vector(source.Bias, source.Rows, rows));
    }

    protected override Weight Rows(LinearSource source, int[] rows)
    {
        var numbers = _tensors[source.Weight].Numbers(_seed);
        long columns = Model.Spec.EmbeddingWidth;
        var weight = Pool.Weight(_storage, rows.Length, columns, source.Weight);
        for (int i = 0; i < rows.Length; i++) weight.Draw(i, 1, numbers, rows[i] * columns, columns, 1);
        return weight;
    }

    protected override Tensor Vector(string name, RowSelection? rows, long count, double plus = 0)
    {
        long total = rows?.Total ?? count;
        byte[] bytes = new byte[checked(total * _storage.Size())];
        _tensors[name].Numbers(_seed).Fill(_storage, 0, 1, bytes);
        var values = new float[total];
        DTypes.Expand(_storage, bytes, values);
        return Selected(Array.ConvertAll(values, v => (double)v), rows, count, plus);
    }
}
