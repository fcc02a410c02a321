using System.Runtime.CompilerServices;
using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Where the numbers of statistics lie: in memory, in a temporary file, or in the file they are stored in. It owns the file, and whoever was given it
/// (a <see cref="StatisticsCollector"/>, then its <see cref="NeuronStats"/>) closes it.
/// </summary>
internal sealed class NumberRoom : IDisposable
{
    private readonly string? _folder;
    private readonly SafetensorsFile? _stored;
    private TemporaryFile? _spool;
    private long _bytes;

    private NumberRoom(string? folder, SafetensorsFile? stored) => (_folder, _stored) = (folder, stored);

    /// <summary>Whether numbers are in a file, so that they go with this.</summary>
    public bool IsFile => _folder is not null || _stored is not null;

    /// <summary>Everything in memory.</summary>
    public static NumberRoom InMemory() => new(null, null);

    /// <summary>In memory, or where a folder is named, in a temporary file there.</summary>
    public static NumberRoom In(string? spoolFolder) => new(spoolFolder, null);

    /// <summary>In a file of stored statistics, which is owned from now on.</summary>
    public static NumberRoom Of(SafetensorsFile stored) => new(null, stored);

    /// <summary>Numbers with one page a layer, [L, n].</summary>
    /// <param name="name">Their tensor, where they are stored.</param>
    /// <param name="layers">L.</param>
    /// <param name="width">n.</param>
    /// <param name="initial">What they are at first.</param>
    public LayerNumbers<T> Layers<T>(string name, int layers, int width, T initial = default)
        where T : unmanaged => new(layers, width, width, initial, File(name, layers, (long)width * Unsafe.SizeOf<T>(), byLayer: false));

    /// <summary>Numbers of documents, [documents, n] a layer, in pages of whole rows.</summary>
    /// <param name="name">Their tensors but for the layer's number, where they are stored.</param>
    /// <param name="layers">L.</param>
    /// <param name="rows">Documents.</param>
    /// <param name="width">n.</param>
    /// <param name="pageRows">Rows a page has.</param>
    public LayerNumbers<float> Rows(string name, int layers, int rows, int width, int pageRows)
    {
        long length = (long)rows * width;
        return new LayerNumbers<float>(layers, length, pageRows * width, 0, File(name, layers, length * sizeof(float), byLayer: true));
    }

    /// <summary>Makes the temporary file for all numbers asked for so far: a disk that is too small says so before anything is computed.</summary>
    /// <exception cref="IOException">It does not fit, or cannot be made.</exception>
    public void Reserve()
    {
        if (_folder is not null) _spool ??= new TemporaryFile(_folder, _bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _spool?.Dispose();
        _stored?.Dispose();
    }

    private INumberFile? File(string name, int layers, long layerBytes, bool byLayer)
    {
        if (_stored is not null) return new Stored(_stored, name, byLayer ? Math.Max(1, layerBytes) : long.MaxValue);
        if (_folder is null) return null;
        long start = _bytes;
        _bytes += layers * layerBytes;
        return new Spooled(this, start);
    }

    private sealed class Spooled(NumberRoom room, long start) : INumberFile
    {
        public bool IsStored => false;

        public void Read(long offset, Span<byte> bytes) => room._spool!.Read(start + offset, bytes);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => room._spool!.Write(start + offset, bytes);
    }

    /// <summary>One tensor for all layers, or one for each.</summary>
    private sealed class Stored(SafetensorsFile file, string name, long tensorBytes) : INumberFile
    {
        public bool IsStored => true;

        public void Read(long offset, Span<byte> bytes)
        {
            string tensor = tensorBytes == long.MaxValue ? name : StatsStore.LayerName(name, (int)(offset / tensorBytes));
            file.Read(file[tensor], offset % tensorBytes, bytes);
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes) => throw new InvalidOperationException("stored statistics are read only");
    }
}
