using System.Buffers;
using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Families;
using Babel.Model.Files;

namespace Babel.Model.Decoding;

/// <summary>
/// Brings a checkpoint's tensors to a device in their storage types, a few megabytes at a time, and takes fused, transposed and tied
/// layouts apart on the way, so that the decoder knows one layout only.
/// </summary>
internal sealed class WeightLoader
{
    private const int BlockBytes = 8 << 20;
    private const int NamesShown = 6;
    private readonly Checkpoint _checkpoint;
    private readonly ModelDefinition _model;
    private readonly Device _device;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly CancellationToken _ct;
    private readonly DecoderWeights _weights = new();
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly long _totalBytes;
    private long _doneBytes;

    private WeightLoader(Checkpoint checkpoint, ModelDefinition model, Device device, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        (_checkpoint, _model, _device, _progress, _ct) = (checkpoint, model, device, progress, ct);
        _totalBytes = checkpoint.Bytes;
    }

    public static DecoderWeights Load(
        Checkpoint checkpoint, ModelDefinition model, Device device, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        var loader = new WeightLoader(checkpoint, model, device, progress, ct);
        try
        {
            loader.CheckNames();
            loader.LoadAll();
            return loader._weights;
        }
        catch
        {
            loader._weights.Dispose();
            throw;
        }
    }

    /// <summary>Missing and superfluous tensors, by name, before anything is loaded.</summary>
    private void CheckNames()
    {
        var missing = new List<string>();
        foreach (string name in RequiredNames(_model.Sources, _model.Spec.Layers))
        {
            if (Resolve(name) is { } found) _used.Add(found);
            else if (!missing.Contains(name)) missing.Add(name);

            // A hostile layer count ends here too, at the first absent layer.
            if (missing.Count > NamesShown) break;
        }

        if (missing.Count > 0)
        {
            throw new ModelFormatException(
                "the checkpoint lacks tensors of the model", _checkpoint.Folder, Names(missing), $"{_checkpoint.Names.Count} other tensors", "config.json and weights may belong to different models");
        }

        var extra = _checkpoint.Names.Where(n => !_used.Contains(n) && !IsUnused(n)).Order(StringComparer.Ordinal).ToList();
        if (extra.Count == 0) return;
        throw new ModelFormatException(
            "the checkpoint holds tensors the model does not use",
            _checkpoint.Folder,
            $"the tensors of a {_model.Spec.Family} of {_model.Spec.Layers} layers",
            Names(extra),
            "a part of the mathematics may be missing from config.json, or the weights belong to another model");
    }

    private static string Names(List<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? ", ..." : "");

    private bool IsUnused(string name) =>
        _model.Sources.Unused.Any(end => name.EndsWith(end, StringComparison.Ordinal))
        || (_model.Spec.TiedEmbeddings && name == "lm_head.weight");

    /// <summary>The name a tensor has in this checkpoint: with or without the base model's prefix.</summary>
    private string? Resolve(string name)
    {
        if (_checkpoint.Find(name) is not null) return name;
        string prefix = _model.Sources.BasePrefix;
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        string bare = name[prefix.Length..];
        return _checkpoint.Find(bare) is not null ? bare : null;
    }

    private static IEnumerable<string> RequiredNames(DecoderSources sources, int layers)
    {
        static IEnumerable<string?> Of(LinearSource? linear) => [linear?.Weight, linear?.Bias];
        static IEnumerable<string?> OfNorm(NormSource? norm) => [norm?.Weight, norm?.Bias];
        var names = new List<string?> { sources.Embedding, sources.Positions };
        names.AddRange([.. OfNorm(sources.EmbeddingNorm), .. Of(sources.ProjectIn), .. Of(sources.ProjectOut), .. OfNorm(sources.FinalNorm), .. Of(sources.Unembedding)]);
        foreach (string? name in names)
        {
            if (name is not null) yield return name;
        }

        for (int i = 0; i < layers; i++)
        {
            var layer = sources.Layer(i);
            IEnumerable<string?> all =
            [
                .. OfNorm(layer.AttnNorm), .. OfNorm(layer.FfnNorm), .. OfNorm(layer.AttnPostNorm), .. OfNorm(layer.FfnPostNorm), .. OfNorm(layer.QNorm),
                .. OfNorm(layer.KNorm), .. Of(layer.Q), .. Of(layer.K), .. Of(layer.V), .. Of(layer.O), .. Of(layer.Gate), .. Of(layer.Up), .. Of(layer.Down),
            ];
            foreach (string? name in all)
            {
                if (name is not null) yield return name;
            }
        }
    }

    private void LoadAll()
    {
        var (spec, sources) = (_model.Spec, _model.Sources);
        var embedding = Linear(new LinearSource(sources.Embedding), spec.Vocabulary, spec.EmbeddingWidth);
        _weights.Embedding = embedding.Weight;
        _weights.Positions = Positions();
        _weights.EmbeddingNorm = Norm(sources.EmbeddingNorm, spec.ModelWidth);
        if (sources.ProjectIn is { } into) _weights.ProjectIn = Linear(into, spec.ModelWidth, spec.EmbeddingWidth);
        if (sources.ProjectOut is { } outOf) _weights.ProjectOut = Linear(outOf, spec.EmbeddingWidth, spec.ModelWidth);
        _weights.FinalNorm = Norm(sources.FinalNorm, spec.ModelWidth);
        _weights.Unembedding = sources.Unembedding switch
        {
            null => embedding,
            { } head when head.Weight == sources.Embedding => new LinearWeight(embedding.Weight, head.Bias is null ? null : Vector(head.Bias, null, spec.Vocabulary)),
            { } head => Linear(head, spec.Vocabulary, spec.EmbeddingWidth),
        };
        _weights.Layers = new LayerWeights[spec.Layers];
        for (int i = 0; i < spec.Layers; i++) _weights.Layers[i] = Layer(sources.Layer(i));
    }

    private LayerWeights Layer(LayerSources layer)
    {
        var spec = _model.Spec;
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
        var (spec, sources) = (_model.Spec, _model.Sources);
        long rows = (long)spec.MaxPositions + spec.PositionOffset;
        if (sources.Positions is { } name) return Linear(new LinearSource(name), rows, spec.ModelWidth).Weight;
        if (spec.Positions != PositionForm.Sinusoidal) return null;
        bool wide = _device.ComputeType == DType.F64;
        var table = _weights.Own(_device.CreateWeight(wide ? DType.F64 : DType.F32, rows, spec.ModelWidth, "sinusoidal positions"));
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
        double one = _model.Spec.NormPlusOne ? 1 : 0;
        if (source.Weight is null)
            return new NormWeight(_weights.Own(Doubles.ToTensor(_device, [.. Enumerable.Repeat(1.0, width)], new Shape(width))), null);
        return new NormWeight(Vector(source.Weight, null, width, one), source.Bias is null ? null : Vector(source.Bias, null, width));
    }

    private LinearWeight Linear(LinearSource source, long rows, long columns)
    {
        _ct.ThrowIfCancellationRequested();
        var (file, tensor) = Tensor(source.Weight);
        long total = source.Rows?.Total ?? rows;
        long[] expected = source.Transposed ? [columns, total] : [total, columns];
        CheckShape(file, tensor, expected);
        bool narrows = tensor.DType == DType.F64 && _device.ComputeType != DType.F64;
        var weight = _weights.Own(_device.CreateWeight(narrows ? DType.F32 : tensor.DType, rows, columns, source.Weight));
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

    private void CopyRows(SafetensorsFile file, TensorEntry tensor, long start, long count, Weight weight, long firstRow, bool narrows)
    {
        long rowBytes = weight.Columns * tensor.DType.Size();
        long block = Math.Clamp(BlockBytes / Math.Max(1, rowBytes), 1, Math.Max(1, count));
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
        var (file, tensor) = Tensor(name);
        CheckShape(file, tensor, [rows?.Total ?? count]);
        double[] all = tensor.DType == DType.F64 ? file.ReadArray<double>(tensor.Name) : Array.ConvertAll(file.ReadFloats(tensor.Name), v => (double)v);
        var values = new double[count];
        int at = 0;
        foreach (var (start, length) in rows?.Runs ?? [(0, count)])
        {
            for (long i = 0; i < length; i++) values[at++] = all[start + i] + plus;
        }

        Report(name, count, tensor.DType);
        return _weights.Own(Doubles.ToTensor(_device, values, new Shape(count)));
    }

    private (SafetensorsFile File, TensorEntry Tensor) Tensor(string name) => _checkpoint.Find(Resolve(name)!)!.Value;

    private void CheckShape(SafetensorsFile file, TensorEntry tensor, long[] expected)
    {
        string where = $"{file.Path}, tensor {tensor.Name}";
        if (!tensor.DType.IsWeightType())
        {
            throw new UnsupportedModelException(
                "a weight has a type that is not supported", where, "F32, F16, BF16 or F64", tensor.Form, "quantised checkpoints are not supported");
        }

        if (tensor.Shape.SequenceEqual(expected)) return;
        bool vocabulary = expected.Length == 2 && expected[0] == _model.Spec.Vocabulary && tensor.Shape.Count == 2 && tensor.Shape[1] == expected[1];
        throw new ModelFormatException(
            vocabulary ? "the vocabulary of the configuration and of the weights differ" : "a tensor has another shape than the configuration says",
            where,
            $"[{string.Join(',', expected)}]",
            tensor.Form,
            vocabulary ? "vocab_size in config.json must be the number of rows" : null);
    }

    private void Report(string name, long elements, DType dtype)
    {
        _doneBytes += elements * dtype.Size();
        _progress?.Report(new LoadProgress(name, _doneBytes, _totalBytes));
    }
}
