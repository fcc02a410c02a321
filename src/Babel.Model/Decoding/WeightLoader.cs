using System.Buffers;
using Babel.Kernels;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>
/// Brings a checkpoint's tensors to a device in their storage types, a few megabytes at a time, and takes fused, transposed and tied
/// layouts apart on the way, so that the decoder knows one layout only. What is loaded belongs to the pool.
/// </summary>
internal sealed class WeightLoader
{
    private const int BlockBytes = 8 << 20;
    private const int RowGroup = 64;
    private readonly WeightNames _names;
    private readonly Device _device;
    private readonly WeightPool _pool;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly CancellationToken _ct;
    private readonly long _totalBytes;

    /// <summary>Checks that the checkpoint holds the model's tensors and no others.</summary>
    public WeightLoader(
        Checkpoint checkpoint, ModelDefinition model, Device device, WeightPool pool, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        (Model, _device, _pool, _progress, _ct) = (model, device, pool, progress, ct);
        _totalBytes = checkpoint.Bytes;
        _names = new WeightNames(checkpoint, model);
        _names.Check();
    }

    /// <summary>What is loaded.</summary>
    public ModelDefinition Model { get; }

    /// <summary>Bytes of tensors read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Checks the form of every tensor, for loads that come late.</summary>
    public void CheckShapes() => WeightForms.Check(_names, Model);

    /// <summary>Tells the system that a layer's tensors, or behind the last layer the output's, will be read next.</summary>
    public void Announce(int layer)
    {
        var parts = WeightForms.Of(Model);
        foreach (var matrix in parts[layer + 1])
        {
            var (file, tensor) = _names.Find(matrix.Source.Weight);
            file.WillRead(tensor);
        }
    }

    /// <summary>The input side; with <paramref name="ids"/>, only their rows of the embedding.</summary>
    public InputWeights Input(IReadOnlyCollection<int>? ids = null)
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        var source = new LinearSource(sources.Embedding);
        int[]? rows = ids is null ? null : [.. ids.Distinct().Order()];
        return new InputWeights
        {
            Embedding = rows is null ? Linear(source, spec.Vocabulary, spec.EmbeddingWidth).Weight : Rows(source, rows),
            RowOf = rows?.Select((id, row) => (id, row)).ToDictionary(p => p.id, p => p.row),
            Positions = Positions(),
            Norm = Norm(sources.EmbeddingNorm, spec.ModelWidth),
            Project = sources.ProjectIn is { } into ? Linear(into, spec.ModelWidth, spec.EmbeddingWidth) : null,
        };
    }

    /// <summary>The output side.</summary>
    /// <param name="embedding">The embedding where it is loaded already, to be the unembedding of a model that ties them; null to load it.</param>
    public OutputWeights Output(Weight? embedding)
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        var head = sources.Unembedding ?? new LinearSource(sources.Embedding);
        bool tied = head.Weight == sources.Embedding;
        return new OutputWeights
        {
            Norm = Norm(sources.FinalNorm, spec.ModelWidth),
            Project = sources.ProjectOut is { } outOf ? Linear(outOf, spec.EmbeddingWidth, spec.ModelWidth) : null,
            Unembedding = tied && embedding is not null
                ? new LinearWeight(embedding, head.Bias is null ? null : Vector(head.Bias, null, spec.Vocabulary))
                : Linear(head, spec.Vocabulary, spec.EmbeddingWidth),
        };
    }

    /// <summary>A block.</summary>
    public LayerWeights Layer(int index)
    {
        var (spec, layer) = (Model.Spec, Model.Sources.Layer(index));
        int d = spec.ModelWidth, f = spec.FfnWidth;
        return new LayerWeights
        {
            AttnNorm = Norm(layer.AttnNorm, d)!,
            FfnNorm = Norm(layer.FfnNorm, d),
            AttnPostNorm = Norm(layer.AttnPostNorm, d),
            FfnPostNorm = Norm(layer.FfnPostNorm, d),
            QNorm = Norm(layer.QNorm, spec.HeadDim),
            KNorm = Norm(layer.KNorm, spec.HeadDim),
            Q = Linear(layer.Q, spec.QueryWidth, d),
            K = Linear(layer.K, spec.KvWidth, d),
            V = Linear(layer.V, spec.KvWidth, d),
            O = Linear(layer.O, d, spec.QueryWidth),
            Gate = layer.Gate is null ? null : Linear(layer.Gate, f, d),
            Up = Linear(layer.Up, f, d),
            Down = Linear(layer.Down, d, f),
        };
    }

    private Weight? Positions()
    {
        var (spec, sources) = (Model.Spec, Model.Sources);
        long rows = WeightForms.PositionRows(spec);
        if (sources.Positions is { } name) return Linear(new LinearSource(name), rows, spec.ModelWidth).Weight;
        if (spec.Positions != PositionForm.Sinusoidal) return null;
        var type = WeightForms.SinusoidType(_device);
        bool wide = type == DType.F64;
        var table = _pool.Weight(type, rows, spec.ModelWidth, "sinusoidal positions");
        for (int p = 0; p < rows; p++)
        {
            double[] row = Sinusoids.Row(p, spec.ModelWidth);
            if (wide) table.Write(p, System.Runtime.InteropServices.MemoryMarshal.AsBytes(row.AsSpan()));
            else table.Write(p, System.Runtime.InteropServices.MemoryMarshal.AsBytes(Array.ConvertAll(row, v => (float)v).AsSpan()));
        }

        return table;
    }

    private NormWeight? Norm(NormSource? source, int width)
    {
        if (source is null) return null;
        double one = Model.Spec.NormPlusOne ? 1 : 0;
        if (source.Weight is null)
            return new NormWeight(_pool.Own(Doubles.ToTensor(_device, [.. Enumerable.Repeat(1.0, width)], new Shape(width))), null);
        return new NormWeight(Vector(source.Weight, null, width, one), source.Bias is null ? null : Vector(source.Bias, null, width));
    }

    private LinearWeight Linear(LinearSource source, long rows, long columns)
    {
        _ct.ThrowIfCancellationRequested();
        var (file, tensor) = _names.Find(source.Weight);
        WeightForms.Require(file, tensor, WeightForms.ShapeOf(source, rows, columns), Model.Spec);
        var type = WeightForms.TypeOn(_device, tensor.DType);
        bool narrows = type != tensor.DType;
        var weight = _pool.Weight(type, rows, columns, source.Weight);
        long written = 0;
        foreach (var (start, count) in source.Rows?.Runs ?? [(0, rows)])
        {
            if (source.Transposed) CopyColumns(file, tensor, start, count, weight, written, narrows);
            else CopyRows(file, tensor, start, count, weight, written, narrows);
            written += count;
        }

        Report(source.Weight, rows * columns, tensor.DType);
        return new LinearWeight(weight, source.Bias is null ? null : Vector(source.Bias, source.Rows, rows));
    }

    /// <summary>Some rows of a table, in the order given.</summary>
    private Weight Rows(LinearSource source, int[] rows)
    {
        var (spec, (file, tensor)) = (Model.Spec, _names.Find(source.Weight));
        WeightForms.Require(file, tensor, WeightForms.ShapeOf(source, spec.Vocabulary, spec.EmbeddingWidth), spec);
        var type = WeightForms.TypeOn(_device, tensor.DType);
        bool narrows = type != tensor.DType;
        var weight = _pool.Weight(type, rows.Length, spec.EmbeddingWidth, source.Weight);
        for (int first = 0, next; first < rows.Length; first = next)
        {
            for (next = first + 1; next < rows.Length && rows[next] == rows[next - 1] + 1;) next++;
            CopyRows(file, tensor, rows[first], next - first, weight, first, narrows);
        }

        Report(source.Weight, (long)rows.Length * spec.EmbeddingWidth, tensor.DType);
        return weight;
    }

    private void CopyRows(SafetensorsFile file, TensorEntry tensor, long start, long count, Weight weight, long firstRow, bool narrows)
    {
        long rowBytes = weight.Columns * tensor.DType.Size();

        // Devices put a few dozen rows together at a time: whole groups of them at once are faster than parts.
        long wanted = BlockBytes / Math.Max(1, rowBytes);
        long block = Math.Clamp(wanted > RowGroup ? wanted / RowGroup * RowGroup : wanted, 1, Math.Max(1, count));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(checked((int)(block * rowBytes)));
        for (long row = 0; row < count; row += block)
        {
            _ct.ThrowIfCancellationRequested();
            var bytes = buffer.AsSpan(0, (int)(Math.Min(block, count - row) * rowBytes));
            file.Read(tensor, (start + row) * rowBytes, bytes);
            Write(weight, firstRow + row, bytes, narrows);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Rows of the weight that are columns of the tensor, some hundred at a time.</summary>
    private void CopyColumns(SafetensorsFile file, TensorEntry tensor, long start, long count, Weight weight, long firstRow, bool narrows)
    {
        int size = tensor.DType.Size();
        long inputs = weight.Columns, total = tensor.Shape[1];
        int block = (int)Math.Clamp(BlockBytes / (inputs * size), 1, count);
        byte[] strip = new byte[block * size];
        byte[] rows = new byte[checked((int)(block * inputs * size))];
        for (long at = 0; at < count; at += block)
        {
            _ct.ThrowIfCancellationRequested();
            int wide = (int)Math.Min(block, count - at);
            for (int k = 0; k < inputs; k++)
            {
                file.Read(tensor, ((k * total) + start + at) * size, strip.AsSpan(0, wide * size));
                for (int r = 0; r < wide; r++) strip.AsSpan(r * size, size).CopyTo(rows.AsSpan((int)(((r * inputs) + k) * size)));
            }

            Write(weight, firstRow + at, rows.AsSpan(0, (int)(wide * inputs * size)), narrows);
        }
    }

    private static void Write(Weight weight, long firstRow, ReadOnlySpan<byte> bytes, bool narrows)
    {
        if (!narrows)
        {
            weight.Write(firstRow, bytes);
            return;
        }

        var narrow = new float[bytes.Length / sizeof(double)];
        DTypes.Expand(DType.F64, bytes, narrow);
        weight.Write(firstRow, System.Runtime.InteropServices.MemoryMarshal.AsBytes(narrow.AsSpan()));
    }

    private Tensor Vector(string name, RowSelection? rows, long count, double plus = 0)
    {
        var (file, tensor) = _names.Find(name);
        WeightForms.Require(file, tensor, [rows?.Total ?? count], Model.Spec);
        double[] all = tensor.DType == DType.F64 ? file.ReadArray<double>(tensor.Name) : Array.ConvertAll(file.ReadFloats(tensor.Name), v => (double)v);
        var values = new double[count];
        int at = 0;
        foreach (var (start, length) in rows?.Runs ?? [(0, count)])
        {
            for (long i = 0; i < length; i++) values[at++] = all[start + i] + plus;
        }

        Report(name, count, tensor.DType);
        return _pool.Own(Doubles.ToTensor(_device, values, new Shape(count)));
    }

    private void Report(string name, long elements, DType dtype)
    {
        BytesRead += elements * dtype.Size();
        _progress?.Report(new LoadProgress(name, BytesRead, _totalBytes));
    }
}
