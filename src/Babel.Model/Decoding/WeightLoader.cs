using System.Buffers;
using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>
/// Brings a checkpoint's tensors to a device in their storage types, a few megabytes at a time, and takes fused, transposed and tied
/// layouts apart on the way, so that the decoder knows one layout only. What is loaded belongs to the pool.
/// </summary>
internal sealed class WeightLoader : WeightBuilder
{
    private const int BlockBytes = 8 << 20;
    private const int RowGroup = 64;
    private readonly WeightNames _names;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly CancellationToken _ct;
    private readonly long _totalBytes;

    /// <summary>Checks that the checkpoint holds the model's tensors and no others.</summary>
    public WeightLoader(
        Checkpoint checkpoint, ModelDefinition model, Device device, WeightPool pool, IProgress<LoadProgress>? progress, CancellationToken ct)
        : base(model, device, pool)
    {
        (_progress, _ct) = (progress, ct);
        _totalBytes = checkpoint.Bytes;
        _names = new WeightNames(checkpoint, model);
        _names.Check();
    }

    /// <summary>Checks the form of every tensor, for loads that come late.</summary>
    public void CheckShapes()
    {
        foreach (var matrix in WeightForms.Of(Model).SelectMany(part => part))
        {
            var (file, tensor) = _names.Find(matrix.Source.Weight);
            CheckShape(file, tensor, ExpectedShape(matrix.Source, matrix.Rows, matrix.Columns));
        }
    }

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

    protected override LinearWeight Linear(LinearSource source, long rows, long columns)
    {
        _ct.ThrowIfCancellationRequested();
        var (file, tensor) = _names.Find(source.Weight);
        CheckShape(file, tensor, ExpectedShape(source, rows, columns));
        bool narrows = Narrows(tensor);
        var weight = Pool.Weight(narrows ? DType.F32 : tensor.DType, rows, columns, source.Weight);
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

    protected override Weight Rows(LinearSource source, int[] rows)
    {
        var (spec, (file, tensor)) = (Model.Spec, _names.Find(source.Weight));
        CheckShape(file, tensor, ExpectedShape(source, spec.Vocabulary, spec.EmbeddingWidth));
        bool narrows = Narrows(tensor);
        var weight = Pool.Weight(narrows ? DType.F32 : tensor.DType, rows.Length, spec.EmbeddingWidth, source.Weight);
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

    protected override Tensor Vector(string name, RowSelection? rows, long count, double plus = 0)
    {
        var (file, tensor) = _names.Find(name);
        CheckShape(file, tensor, [rows?.Total ?? count]);
        double[] all = tensor.DType == DType.F64 ? file.ReadArray<double>(tensor.Name) : Array.ConvertAll(file.ReadFloats(tensor.Name), v => (double)v);
        Report(name, count, tensor.DType);
        return Selected(all, rows, count, plus);
    }

    private static long[] ExpectedShape(LinearSource source, long rows, long columns)
    {
        long total = source.Rows?.Total ?? rows;
        return source.Transposed ? [columns, total] : [total, columns];
    }

    /// <summary>Whether a tensor is rounded while it is loaded.</summary>
    private bool Narrows(TensorEntry tensor) => tensor.DType == DType.F64 && Device.ComputeType != DType.F64;

    private void CheckShape(SafetensorsFile file, TensorEntry tensor, long[] expected)
    {
        string where = $"{file.Path}, tensor {tensor.Name}";
        if (!tensor.DType.IsWeightType())
        {
            throw new UnsupportedModelException(
                "a weight has a type that is not supported", where, "F32, F16, BF16 or F64", tensor.Form, "quantised checkpoints are not supported");
        }

        if (tensor.Shape.SequenceEqual(expected)) return;
        bool vocabulary = expected.Length == 2 && expected[0] == Model.Spec.Vocabulary && tensor.Shape.Count == 2 && tensor.Shape[1] == expected[1];
        throw new ModelFormatException(
            vocabulary ? "the vocabulary of the configuration and of the weights differ" : "a tensor has another shape than the configuration says",
            where,
            $"[{string.Join(',', expected)}]",
            tensor.Form,
            vocabulary ? "vocab_size in config.json must be the number of rows" : null);
    }

    private void Report(string name, long elements, DType dtype)
    {
        BytesRead += elements * dtype.Size();
        _progress?.Report(new LoadProgress(name, BytesRead, _totalBytes));
    }
}
