using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Babel.Analysis.Errors;

namespace Babel.Analysis.Runs;

/// <summary>
/// What an interrupted run had finished: a file of JSON lines that only grows. Every line is on the disk before the run goes on
/// (<c>fsync</c>), and carries its key (a hash of all that determines it) and a checksum of its value.
/// </summary>
/// <remarks>
/// Format, one entry a line: <c>{"key":"64 hex","kind":"...","sum":"64 hex","value":...}</c>; <c>sum</c> is the SHA-256 of the bytes
/// of <c>value</c> as they stand in the line, preceded by key and kind. A crash can tear the last line only: it is cut off when the
/// journal is opened. A damaged line with whole lines after it was not torn but altered, and is an error.
/// </remarks>
public sealed class Journal : IDisposable
{
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private readonly FileStream _stream;

    private Journal(string path)
    {
        Path = path;
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>How many entries it holds.</summary>
    public int Count => _values.Count;

    /// <summary>The keys it holds.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>Opens or creates a journal, and cuts off a torn last line.</summary>
    /// <exception cref="StoreCorruptException">A line before the last is damaged.</exception>
    public static Journal Open(string path)
    {
        var journal = new Journal(path);
        try
        {
            journal.Load();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>The value stored under a key, or null; the caller disposes it.</summary>
    public JsonDocument? Find(string key) => _values.TryGetValue(key, out byte[]? value) ? JsonDocument.Parse(value) : null;

    /// <summary>Appends an entry and waits until it is on the disk.</summary>
    /// <param name="key">64 hexadecimal digits of <see cref="ContentKey"/>.</param>
    /// <param name="kind">What it is, for people who read the file.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <exception cref="InvalidOperationException">The key is there already.</exception>
    public void Append(string key, string kind, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) write(writer);
        byte[] value = buffer.ToArray();
        if (!_values.TryAdd(key, value)) throw new InvalidOperationException($"the journal has an entry {key} already");

        byte[] line =
        [
            .. Encoding.UTF8.GetBytes($$"""{"key":"{{key}}","kind":"{{JsonEncodedText.Encode(kind)}}","sum":"{{Sum(key, kind, value)}}","value":"""),
            .. value, (byte)'}', (byte)'\n',
        ];
        _stream.Write(line);
        _stream.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Load()
    {
        byte[] bytes = new byte[_stream.Length];
        _stream.ReadExactly(bytes);
        int start = 0, line = 1;
        for (; start < bytes.Length; line++)
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0 || !TryAdd(bytes.AsMemory(start, length)))
            {
                if (CrashTore(bytes.AsSpan(start), isFirst: start == 0)) break;
                throw new StoreCorruptException(
                    "a line of a journal is damaged", where: $"{Path}, line {line}, byte offset {start}",
                    expected: "an entry whose checksum is right", found: "something else, which no crash leaves",
                    hint: "the file was altered, or is no journal; delete it to compute its results again");
            }

            start += length + 1;
        }

        _stream.SetLength(start);
        _stream.Position = start;
    }

    /// <summary>
    /// Whether the rest of a file is what a crash leaves of its last entry: its beginning, or zeros where blocks of it never reached the disk. Anything
    /// else is not ours to cut off; least of all the whole of a file that may be no journal.
    /// </summary>
    private static bool CrashTore(ReadOnlySpan<byte> rest, bool isFirst)
    {
        int end = rest.IndexOf((byte)'\n');
        if (end >= 0 && end < rest.Length - 1) return false;
        var beginning = "{\"key\":\""u8[..Math.Min(rest.Length, 8)];
        bool begins = rest.StartsWith(beginning), zeros = rest.Contains((byte)0);
        return isFirst ? (begins && (end < 0 || zeros)) || !rest.TrimEnd((byte)'\n').ContainsAnyExcept((byte)0) : zeros || (begins && end < 0);
    }

    private bool TryAdd(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            var root = entry.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("value", out var value)
                || Text(root, "key") is not { } key || Text(root, "kind") is not { } kind)
                return false;
            byte[] bytes = JsonMarshal.GetRawUtf8Value(value).ToArray();
            return Text(root, "sum") == Sum(key, kind, bytes) && _values.TryAdd(key, bytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // torn in mid-token, or in the middle of a character
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;

    private static string Sum(string key, string kind, byte[] value)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{key}\n{kind}\n"));
        hash.AppendData(value);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
