using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Numbers of every layer, [L, length], each layer cut into pages: all of them in memory, or one page at a time and the others in a file.
/// Most have one page a layer; the importance of documents has some rows a page, so that no layer has to fit in memory, or in an array.
/// </summary>
/// <typeparam name="T">A number.</typeparam>
public sealed class LayerNumbers<T>
    where T : unmanaged
{
    private const int None = -1;
    private readonly INumberFile? _file;
    private readonly T _initial;
    private readonly T[]?[] _pages;
    private readonly bool[] _written;
    private int _held = None;
    private bool _changed;

    /// <summary>Numbers in memory, one page a layer.</summary>
    /// <param name="layers">L.</param>
    /// <param name="length">Numbers a layer has.</param>
    /// <param name="initial">What they are at first.</param>
    public LayerNumbers(int layers, int length, T initial = default)
        : this(layers, length, length, initial, null)
    {
    }

    /// <summary>Numbers in pages.</summary>
    /// <param name="layers">L.</param>
    /// <param name="length">Numbers a layer has.</param>
    /// <param name="pageLength">Numbers a page has; the last of a layer may have fewer.</param>
    /// <param name="initial">What they are at first.</param>
    /// <param name="file">Where all pages but one are; null for memory.</param>
    internal LayerNumbers(int layers, long length, int pageLength, T initial, INumberFile? file)
    {
        (Layers, Length, PageLength, _initial, _file) = (layers, length, (int)Math.Min(pageLength, Math.Max(1, length)), initial, file);
        PagesPerLayer = checked((int)((length + PageLength - 1) / PageLength));
        int pages = checked(layers * PagesPerLayer);
        _pages = new T[]?[file is null ? pages : 1];
        _written = file is null || file.IsStored ? [] : new bool[pages];
    }

    /// <summary>L.</summary>
    public int Layers { get; }

    /// <summary>Numbers a layer has.</summary>
    public long Length { get; }

    /// <summary>Numbers a page has; the last of a layer may have fewer.</summary>
    public int PageLength { get; }

    /// <summary>Pages a layer has.</summary>
    public int PagesPerLayer { get; }

    /// <summary>A page, to be read; valid until another page is asked for.</summary>
    public ReadOnlySpan<T> Read(int layer, int page = 0) => Hold(layer, page);

    /// <summary>A page, to be read and written; valid until another page is asked for.</summary>
    public Span<T> Write(int layer, int page = 0)
    {
        var numbers = Hold(layer, page);
        _changed = true;
        return numbers;
    }

    /// <summary>All numbers, layer after layer.</summary>
    /// <exception cref="OverflowException">They are more than an array has.</exception>
    public T[] ToArray()
    {
        var all = new T[checked((int)(Layers * Length))];
        for (int i = 0; i < Layers * PagesPerLayer; i++)
        {
            var (layer, page) = (i / PagesPerLayer, i % PagesPerLayer);
            Read(layer, page).CopyTo(all.AsSpan((int)((layer * Length) + ((long)page * PageLength))));
        }

        return all;
    }

    /// <summary>The bytes of a page, for files.</summary>
    internal ReadOnlySpan<byte> Bytes(int layer, int page) => MemoryMarshal.AsBytes(Read(layer, page));

    private Span<T> Hold(int layer, int page)
    {
        if ((uint)layer >= (uint)Layers) throw new ArgumentOutOfRangeException(nameof(layer), layer, $"0 to {Layers - 1}");
        if ((uint)page >= (uint)PagesPerLayer) throw new ArgumentOutOfRangeException(nameof(page), page, $"0 to {PagesPerLayer - 1}");
        int index = (layer * PagesPerLayer) + page, size = SizeOf(index);
        if (_file is null) return _pages[index] ??= New(size);
        if (index == _held) return _pages[0].AsSpan(0, size);
        var buffer = _pages[0] ??= new T[PageLength];
        Flush();
        var numbers = buffer.AsSpan(0, size);

        // Should reading fail, the buffer holds neither page.
        _held = None;
        if (_file.IsStored || _written[index]) _file.Read(Offset(index), MemoryMarshal.AsBytes(numbers));
        else numbers.Fill(_initial);
        (_held, _changed) = (index, false);
        return numbers;
    }

    private void Flush()
    {
        if (!_changed) return;
        if (_file!.IsStored) throw new InvalidOperationException("stored numbers were written to");
        _file.Write(Offset(_held), MemoryMarshal.AsBytes(_pages[0].AsSpan(0, SizeOf(_held))));
        _written[_held] = true;
        _changed = false;
    }

    private T[] New(int size)
    {
        var numbers = new T[size];
        if (!EqualityComparer<T>.Default.Equals(_initial, default)) numbers.AsSpan().Fill(_initial);
        return numbers;
    }

    private int SizeOf(int index) => (int)Math.Min(PageLength, Length - ((long)(index % PagesPerLayer) * PageLength));

    private long Offset(int index) => ((index / PagesPerLayer * Length) + ((long)(index % PagesPerLayer) * PageLength)) * Unsafe.SizeOf<T>();
}
