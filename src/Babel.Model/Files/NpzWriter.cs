using System.IO.Compression;

namespace Babel.Model.Files;

/// <summary>
/// Writes tensors as NumPy's .npz: a zip of .npy files, stored, with a fixed date, so that the same tensors give the same bytes. Atomic,
/// see <see cref="AtomicFile"/>.
/// </summary>
public static class NpzWriter
{
    private static readonly DateTimeOffset s_zipEpoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the tensors in the given order.</summary>
    public static void Write(string path, IEnumerable<NamedTensor> tensors) => AtomicFile.Write(path, stream =>
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var tensor in tensors)
        {
            var entry = zip.CreateEntry(tensor.Name + ".npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = s_zipEpoch;
            using var data = entry.Open();
            NpyWriter.Write(data, tensor);
        }
    });
}
