using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Babel.Model.Files;

/// <summary>
/// Writes a safetensors file in one pass: headers first, then the data of each tensor in the order of the headers, in pieces of any
/// size. The same tensors and metadata give the same bytes. The target changes only on <see cref="Commit"/>, see <see cref="AtomicFile"/>.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly long _total;
    private long _written;

    private SafetensorsWriter(string path, IReadOnlyList<TensorHeader> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        byte[] header = Header(tensors, metadata);
        _total = tensors.Sum(t => t.Bytes);
        _file = AtomicFile.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        _file.Stream.Write(length);
        _file.Stream.Write(header);
    }

    /// <summary>Begins a file of the given tensors; their data follows by <see cref="Append"/>.</summary>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    public static SafetensorsWriter Create(
        string path, IReadOnlyList<TensorHeader> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        new(path, tensors, metadata);

    /// <summary>
    /// Writes a file of tensors in memory, ordered as the reference writer does, larger elements first and then by name, so that every tensor
    /// is aligned and the bytes do not depend on the order given.
    /// </summary>
    public static void Write(string path, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors
            .OrderByDescending(t => Kernels.DTypes.Size(t.DType))
            .ThenBy(t => t.Name, StringComparer.Ordinal)
            .ToList();
        using var writer = Create(path, [.. ordered.Select(t => new TensorHeader(t.Name, t.DType, t.Shape))], metadata);
        foreach (var tensor in ordered) writer.Append(tensor.Data.Span);
        writer.Commit();
    }

    /// <summary>Writes the next bytes of data.</summary>
    /// <exception cref="InvalidOperationException">More than the headers announce.</exception>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (data.Length > _total - _written)
            throw new InvalidOperationException($"{_file.Path}: {_written + data.Length} bytes of data, {_total} announced");
        _file.Stream.Write(data);
        _written += data.Length;
    }

    /// <summary>Puts the finished file in its place.</summary>
    /// <exception cref="InvalidOperationException">Data is missing.</exception>
    public void Commit()
    {
        if (_written != _total) throw new InvalidOperationException($"{_file.Path}: {_written} bytes of data, {_total} announced");
        _file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static byte[] Header(IReadOnlyList<TensorHeader> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }

            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            long at = 0;
            foreach (var tensor in tensors)
            {
                if (!names.Add(tensor.Name)) throw new ArgumentException($"two tensors are named {tensor.Name}", nameof(tensors));
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsHeader.NameOf(tensor.DType));
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at = checked(at + tensor.Bytes));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces until the data begins at a multiple of 8, as the reference writer pads.
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
