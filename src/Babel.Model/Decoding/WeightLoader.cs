using System.Buffers;
using Babel.Kernels;
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

    protected override LinearWeight Linear(LinearSource source, long rows, long columns)
    {
        _ct.ThrowIfCancellationRequested();
        var (file, tensor) = _names.Find(source.Weight);
        WeightForms.Require(file, tensor, WeightForms.ShapeOf(source, rows, columns), Model.Spec);
        var type = WeightForms.TypeOn(Device, tensor.DType);
        bool narrows = type != tensor.DType;
        var weight = Pool.Weight(type, rows, columns, source.Weight);
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
        WeightForms.Require(file, tensor, WeightForms.ShapeOf(source, spec.Vocabulary, spec.EmbeddingWidth), spec);
        var type = WeightForms.TypeOn(Device, tensor.DType);
        bool narrows = type != tensor.DType;
        var weight = Pool.Weight(type, rows.Length, spec.EmbeddingWidth, source.Weight);
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
        WeightForms.Require(file, tensor, [rows?.Total ?? count], Model.Spec);
        double[] all = tensor.DType == DType.F64 ? file.ReadArray<double>(tensor.Name) : Array.ConvertAll(file.ReadFloats(tensor.Name), v => (double)v);
        Report(name, count, tensor.DType);
        return Selected(all, rows, count, plus);
    }

    private void Report(string name, long elements, DType dtype)
    {
        BytesRead += elements * dtype.Size();
        _progress?.Report(new LoadProgress(name, BytesRead, _totalBytes));
    }
}
