using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Babel.Analysis.Runs;

/// <summary>
/// Builds the key of a journal entry or a stored result: SHA-256 over everything that determines it. Every part is preceded by its
/// length, so that no two different lists of parts run together.
/// </summary>
public sealed class ContentKey : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The key of a list of texts.</summary>
    public static string Of(params ReadOnlySpan<string> parts)
    {
        using var key = new ContentKey();
        foreach (string part in parts) key.Add(part);
        return key.Finish();
    }

    /// <summary>SHA-256 of a file's bytes, lower-case hexadecimal.</summary>
    public static string OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Adds a text, as UTF-8.</summary>
    public ContentKey Add(string part)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(part);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
        return this;
    }

    /// <summary>Adds a number.</summary>
    public ContentKey Add(long part) => Add(part.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds token ids: their number, then each as 4 bytes, little-endian.</summary>
    public ContentKey Add(ReadOnlySpan<int> part)
    {
        byte[] bytes = new byte[checked(8 + part.Length * 4)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, part.Length);
        for (int i = 0; i < part.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8 + i * 4), part[i]);
        _hash.AppendData(bytes);
        return this;
    }

    /// <summary>The key, 64 lower-case hexadecimal digits; the builder starts anew.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
