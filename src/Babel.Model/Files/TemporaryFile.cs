using Microsoft.Win32.SafeHandles;

namespace Babel.Model.Files;

/// <summary>A file without a name, for what does not fit in memory: it goes when it is closed, however the process ends.</summary>
public sealed class TemporaryFile : IDisposable
{
    private readonly SafeFileHandle _file;

    /// <summary>Makes a file of a size; a disk that is too small says so now, not after hours.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="bytes">How large it will be.</param>
    /// <exception cref="IOException">It does not fit, or cannot be made.</exception>
    public TemporaryFile(string folder, long bytes)
        : this(folder, bytes, File.Delete)
    {
    }

    /// <summary>The same, with another way to take a file's name away.</summary>
    internal TemporaryFile(string folder, long bytes, Action<string> unlink)
    {
        SafeFileHandle? file = null;
        try
        {
            string path = Path.Combine(folder, $"babel-{Guid.NewGuid():N}.spool");
            var options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
            file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, options, bytes);

            // Elsewhere an open file needs no name, and one without a name cannot be left behind.
            if (!OperatingSystem.IsWindows()) unlink(path);
            _file = file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new IOException($"a temporary file of {bytes} bytes cannot be made in {folder}: {e.Message}; TMPDIR names another folder", e);
        }
    }

    /// <summary>Writes bytes at an offset.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file, bytes, offset);

    /// <summary>Reads bytes back, all that are asked for.</summary>
    /// <exception cref="IOException">They were not written.</exception>
    public void Read(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file, bytes, offset);
            if (read == 0) throw new IOException("a temporary file was cut short");
            bytes = bytes[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
