using System.Runtime.InteropServices;
using System.Text;

namespace Babel.Model.Files;

/// <summary>
/// Writes a file that is either the old one or the whole new one, whatever happens: a temporary file in the same folder, flushed to the
/// disk, renamed over the target, and the folder flushed, so that the rename itself survives a loss of power.
/// </summary>
/// <remarks>Disposed without <see cref="Commit"/>, it removes the temporary file and leaves the target as it was.</remarks>
public sealed partial class AtomicFile : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _committed;

    private AtomicFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        string folder = System.IO.Path.GetDirectoryName(Path)!;
        _temporary = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(Path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{Path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The target.</summary>
    public string Path { get; }

    /// <summary>Where the new contents are written; seekable.</summary>
    public Stream Stream => _stream;

    /// <summary>Begins a file; its folder is made when missing.</summary>
    public static AtomicFile Create(string path) => new(path);

    /// <summary>Writes a whole file.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = Create(path);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text)));

    /// <summary>Puts the new file in the place of the old one.</summary>
    public void Commit()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, Path, overwrite: true);
        _committed = true;
        FlushFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_committed) File.Delete(_temporary);
    }

    private static void FlushFolder(string folder)
    {
        // Windows journals renames itself; elsewhere a folder is flushed by its descriptor, which .NET does not open.
        if (OperatingSystem.IsWindows()) return;
        int descriptor = OpenFolder(folder, 0);
        if (descriptor < 0) return;
        _ = FlushDescriptor(descriptor);
        _ = CloseDescriptor(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
