using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model.Files;

/// <summary>
/// A safetensors file, open for reading. Opening proves the whole layout (JSON, names, dtypes, sizes, contiguity, total length), so that a
/// tensor that is listed can be read. The data is not interpreted: NaN is as good a value as any.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly ByteSource _source;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(ByteSource source)
    {
        _source = source;
        _header = SafetensorsHeader.Read(source);
        _byName = _header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path => _source.Path;

    /// <summary>Bytes of the whole file.</summary>
    public long Length => _source.Length;

    /// <summary>The tensors, in the header's order.</summary>
    public IReadOnlyList<TensorEntry> Tensors => _header.Tensors;

    /// <summary>The strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The header's JSON as it stands in the file.</summary>
    public ReadOnlySpan<byte> HeaderBytes => _header.Bytes;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="ModelFormatException">It cannot be opened, or is not a valid safetensors file; the message names the offset.</exception>
    public static SafetensorsFile Open(string path, FileReading reading = FileReading.Mapped)
    {
        var source = new ByteSource(path, reading);
        try
        {
            return new SafetensorsFile(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The entry of a name, or null.</summary>
    public TensorEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ModelFormatException">There is none.</exception>
    public TensorEntry this[string name] =>
        Find(name) ?? throw new ModelFormatException("a tensor is missing", Path, name, $"{Tensors.Count} other tensors");

    /// <summary>Copies bytes of a tensor from <paramref name="offset"/> on, so that tensors larger than an array are read in pieces.</summary>
    public void Read(TensorEntry tensor, long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > tensor.Bytes - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{destination.Length} bytes of {tensor.Name}, which has {tensor.Bytes}");
        _source.Read(_header.DataStart + tensor.Begin + offset, destination);
    }

    /// <summary>Tells the system that a tensor will be read soon, so that its disk begins; changes nothing else.</summary>
    public void WillRead(TensorEntry tensor) => _source.WillRead(_header.DataStart + tensor.Begin, tensor.Bytes);

    /// <summary>All elements of a tensor whose elements are as large as <typeparamref name="T"/>.</summary>
    public T[] ReadArray<T>(string name)
        where T : unmanaged
    {
        var tensor = this[name];
        if (Unsafe.SizeOf<T>() != tensor.DType.Size())
            throw new ModelFormatException("a tensor has another element type", $"{Path}, {name}", typeof(T).Name, tensor.Form);
        var values = new T[tensor.Count];
        Read(tensor, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>All elements of a floating tensor, as float32 (F64 is rounded, F16 and BF16 are exact).</summary>
    public float[] ReadFloats(string name)
    {
        var tensor = this[name];
        if (!tensor.DType.IsWeightType())
            throw new ModelFormatException("a tensor is not of a floating type", $"{Path}, {name}", "F32, F16, BF16 or F64", tensor.Form);
        byte[] bytes = new byte[tensor.Bytes];
        Read(tensor, 0, bytes);
        var values = new float[tensor.Count];
        DTypes.Expand(tensor.DType, bytes, values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
