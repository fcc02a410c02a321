using System.Buffers.Binary;
using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model.Files;

/// <summary>
/// Reads and proves the header of a safetensors file (https://github.com/huggingface/safetensors, "Format"): eight bytes of little-endian
/// length, JSON, data. Nothing is allocated by a number of the file before that number is checked against the file's size.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit.</summary>
    private const long LengthLimit = 100_000_000;

    private static readonly Dictionary<string, DType> s_dtypes = Enum.GetValues<DType>().ToDictionary(NameOf, d => d, StringComparer.Ordinal);

    private SafetensorsHeader(IReadOnlyList<TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata, long dataStart, byte[] bytes)
    {
        Tensors = tensors;
        Metadata = metadata;
        DataStart = dataStart;
        Bytes = bytes;
    }

    public IReadOnlyList<TensorEntry> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public long DataStart { get; }

    /// <summary>The JSON as it stands in the file.</summary>
    public byte[] Bytes { get; }

    /// <summary>The format's name of a storage type.</summary>
    public static string NameOf(DType dtype) => dtype switch
    {
        DType.Bool => "BOOL",
        DType.F8E5M2 => "F8_E5M2",
        DType.F8E4M3 => "F8_E4M3",
        _ => dtype.ToString(),
    };

    public static SafetensorsHeader Read(ByteSource source)
    {
        string path = source.Path;
        if (source.Length < 8)
            throw new ModelFormatException("a safetensors file is too short", path, "at least 8 bytes", $"{source.Length} bytes");
        Span<byte> lengthBytes = stackalloc byte[8];
        source.Read(0, lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > LengthLimit)
        {
            throw new ModelFormatException(
                "a safetensors header is too long",
                $"{path}, offset 0",
                $"at most {LengthLimit} bytes",
                $"{length} bytes",
                "the file is torn or no safetensors file");
        }

        if (length > (ulong)(source.Length - 8))
        {
            throw new ModelFormatException(
                "a safetensors header goes past the end of its file", $"{path}, offset 0", $"at most {source.Length - 8} bytes", $"{length} bytes");
        }

        byte[] bytes = new byte[length];
        source.Read(8, bytes);
        if (length == 0 || bytes[0] != '{')
        {
            throw new ModelFormatException(
                "a safetensors header does not begin with '{'",
                $"{path}, offset 8",
                "'{' (0x7B)",
                length == 0 ? "an empty header" : $"0x{bytes[0]:X2}");
        }

        var (tensors, metadata) = Parse(path, bytes);
        CheckContiguous(path, tensors, 8 + (long)length, source.Length);
        return new SafetensorsHeader(tensors, metadata, 8 + (long)length, bytes);
    }

    private static (List<TensorEntry> Tensors, Dictionary<string, string> Metadata) Parse(string path, byte[] bytes)
    {
        var scan = new JsonScanner(path, bytes, 8);
        var tensors = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (scan.Open('{', '}', "the header"))
        {
            do
            {
                long at = scan.Offset;
                string name = scan.Text("a tensor name");
                if (!names.Add(name))
                    throw new ModelFormatException("a name occurs twice in a safetensors header", $"{path}, offset {at}", "unique names", Show(name));
                scan.Expect(':', "an entry of the header lacks its value");
                if (name == "__metadata__") ReadMetadata(ref scan, path, metadata);
                else tensors.Add(ReadTensor(ref scan, path, name));
            }
            while (scan.More('}', "the header"));
        }

        // Writers may pad with spaces, so that the data is aligned; other white space is JSON's own.
        scan.Peek();
        if (!scan.AtEnd) throw scan.Fail("something follows the JSON of a safetensors header", "spaces only");
        return (tensors, metadata);
    }

    private static void ReadMetadata(ref JsonScanner scan, string path, Dictionary<string, string> metadata)
    {
        if (scan.TryNull()) return;
        if (!scan.Open('{', '}', "__metadata__ is no map of strings")) return;
        do
        {
            long at = scan.Offset;
            string key = scan.Text("a key of __metadata__");
            scan.Expect(':', "a key of __metadata__ lacks its value");
            string value = scan.Text($"the value of {Show(key)} in __metadata__");
            if (!metadata.TryAdd(key, value))
                throw new ModelFormatException("a key occurs twice in __metadata__", $"{path}, offset {at}", "unique keys", Show(key));
        }
        while (scan.More('}', "__metadata__"));
    }

    private static TensorEntry ReadTensor(ref JsonScanner scan, string path, string name)
    {
        long start = scan.Offset;
        string where = $"{path}, tensor {Show(name)}, offset {start}";
        DType? dtype = null;
        List<ulong>? shape = null;
        List<ulong>? offsets = null;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        if (scan.Open('{', '}', $"the entry of {Show(name)} is no object"))
        {
            do
            {
                string field = scan.Text($"a field of {Show(name)}");
                if (!fields.Add(field))
                    throw new ModelFormatException("a field occurs twice in a tensor's entry", where, "unique fields", Show(field));
                scan.Expect(':', $"field {Show(field)} of {Show(name)} lacks its value");
                switch (field)
                {
                    case "dtype":
                        dtype = ReadDType(ref scan, where);
                        break;
                    case "shape":
                        shape = Integers(ref scan, "shape");
                        break;
                    case "data_offsets":
                        offsets = Integers(ref scan, "data_offsets");
                        break;
                    default:
                        scan.Skip($"field {Show(field)}");
                        break;
                }
            }
            while (scan.More('}', $"the entry of {Show(name)}"));
        }

        if (dtype is null || shape is null || offsets is null)
        {
            string missing = dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw new ModelFormatException("a tensor's entry lacks a field", where, "dtype, shape and data_offsets", $"no {missing}");
        }

        return Check(where, name, dtype.Value, shape, offsets);
    }

    private static DType ReadDType(ref JsonScanner scan, string where)
    {
        string text = scan.Text("dtype");
        return s_dtypes.TryGetValue(text, out var dtype)
            ? dtype
            : throw new ModelFormatException("a tensor has an unknown dtype", where, string.Join(' ', s_dtypes.Keys), Show(text));
    }

    private static List<ulong> Integers(ref JsonScanner scan, string field)
    {
        var values = new List<ulong>();
        if (!scan.Open('[', ']', $"{field} is no list")) return values;
        do values.Add(scan.UnsignedInteger($"an entry of {field}"));
        while (scan.More(']', field));
        return values;
    }

    private static TensorEntry Check(string where, string name, DType dtype, List<ulong> shape, List<ulong> offsets)
    {
        if (offsets.Count != 2)
            throw new ModelFormatException("data_offsets is no pair", where, "[begin, end]", $"{offsets.Count} numbers");
        ulong begin = offsets[0], end = offsets[1];
        if (end < begin || end > long.MaxValue)
            throw new ModelFormatException("data_offsets are impossible", where, "begin <= end < 2^63", $"[{begin}, {end}]");
        ulong bytes = (ulong)dtype.Size();
        ulong count = 1;
        try
        {
            // Multiplied in the file's order and checked each time, as the reference does: an overflow before a 0 is an overflow.
            foreach (ulong extent in shape) count = checked(count * extent);
            bytes = checked(count * bytes);
            foreach (ulong extent in shape) _ = checked((long)extent);
        }
        catch (OverflowException)
        {
            throw new ModelFormatException("a tensor's size overflows", where, "fewer than 2^63 bytes", $"{dtype}[{string.Join(',', shape)}]");
        }

        if (bytes != end - begin)
        {
            throw new ModelFormatException(
                "a tensor's shape and offsets disagree",
                where,
                $"{bytes} bytes for {dtype}[{string.Join(',', shape)}]",
                $"{end - begin} bytes from {begin} to {end}");
        }

        return new TensorEntry(name, dtype, [.. shape.Select(e => (long)e)], (long)begin, (long)end);
    }

    private static void CheckContiguous(string path, List<TensorEntry> tensors, long dataStart, long fileLength)
    {
        long next = 0;
        foreach (var tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != next)
            {
                throw new ModelFormatException(
                    tensor.Begin < next ? "tensors overlap in a safetensors file" : "there is a gap between the tensors of a safetensors file",
                    $"{path}, tensor {Show(tensor.Name)}",
                    $"data from {next} on (file offset {dataStart + next})",
                    $"data from {tensor.Begin} to {tensor.End}");
            }

            next = tensor.End;
        }

        if (next != fileLength - dataStart)
        {
            throw new ModelFormatException(
                next > fileLength - dataStart ? "a safetensors file is cut short" : "a safetensors file has bytes that belong to no tensor",
                $"{path}, offset {Math.Min(fileLength, dataStart + next)}",
                $"{next} bytes of data after the header",
                $"{fileLength - dataStart} bytes",
                "copy or download the file again");
        }
    }

    private static string Show(string text)
    {
        string cut = text.Length > 80 ? text[..80] + "..." : text;
        return "\"" + string.Concat(cut.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";
    }
}
