using System.IO.MemoryMappedFiles;
using Babel.Model.Errors;
using Babel.Model.Files.Interop;
using Microsoft.Win32.SafeHandles;

namespace Babel.Model.Files;

/// <summary>Bytes of a file at any offset, mapped or read. Offsets and lengths are checked against the size the file had when opened.</summary>
internal sealed class ByteSource : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;

    public ByteSource(string path, FileReading reading)
    {
        Path = path;
        try
        {
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
            Length = RandomAccess.GetLength(handle);
            if (reading == FileReading.Positioned || Length == 0)
            {
                _file = handle;
                return;
            }

            using (handle)
            {
                // Sized by the length just read: a file that grew meanwhile is not read past its checked end.
                _map = MemoryMappedFile.CreateFromFile(handle, null, Length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new ModelFormatException("a file cannot be opened", where: path, found: e.Message, inner: e);
        }
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Copies the bytes from <paramref name="offset"/> on.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset)
            throw new ModelFormatException("a read goes past the end of a file", $"{Path}, offset {offset}", $"at most {Length} bytes", $"{destination.Length} bytes asked for");
        if (destination.IsEmpty) return;
        if (_view is not null)
        {
            // The accessor's view may begin before the file's first byte (page rounding); PointerOffset says by how much.
            _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_view.PointerOffset + offset), destination);
            return;
        }

        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_file!, destination, offset);
            if (read == 0)
                throw new ModelFormatException("a file was cut short while it was read", $"{Path}, offset {offset}", $"{Length} bytes");
            destination = destination[read..];
            offset += read;
        }
    }

    /// <summary>Tells the system that bytes will be read soon; nothing where the file is mapped.</summary>
    public void WillRead(long offset, long length)
    {
        if (_file is not null) FileAdvice.WillRead(_file, offset, length);
    }

    public void Dispose()
    {
        _view?.Dispose();
        _map?.Dispose();
        _file?.Dispose();
    }
}
