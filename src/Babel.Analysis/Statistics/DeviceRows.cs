using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Kernels.Interop;

namespace Babel.Analysis.Statistics;

/// <summary>Statistics of a device as the host reads them: where they lie, when that is the host's memory, or copied, reusing its buffers.</summary>
internal sealed class DeviceRows
{
    private float[] _singles = [];
    private double[] _doubles = [];
    private int[] _ints = [];

    /// <summary>An F64 tensor. Valid until the next call.</summary>
    public ReadOnlySpan<double> Doubles(LayerRows rows, int index) => Of(rows, index, ref _doubles);

    /// <summary>An I32 tensor. Valid until the next call.</summary>
    public ReadOnlySpan<int> Ints(LayerRows rows, int index) => Of(rows, index, ref _ints);

    /// <summary>A floating tensor, F64 rounded. Valid until the next call.</summary>
    public ReadOnlySpan<float> Singles(LayerRows rows, int index)
    {
        var view = rows.View(index);
        if (view.DType == DType.F32) return Of(rows, index, ref _singles);
        var singles = Grown(ref _singles, checked((int)view.Count));
        view.Device.Read(view, singles);
        return singles;
    }

    private static ReadOnlySpan<T> Of<T>(LayerRows rows, int index, ref T[] buffer)
        where T : unmanaged
    {
        if (rows.TryBytes(index, out var bytes)) return MemoryMarshal.Cast<byte, T>(bytes);
        var view = rows.View(index);
        if (view.Memory is HostMemory) return view.Span<T>();
        var copy = Grown(ref buffer, checked((int)view.Count));
        view.Device.Download(view, MemoryMarshal.AsBytes(copy));
        return copy;
    }

    private static Span<T> Grown<T>(ref T[] buffer, int count)
    {
        if (buffer.Length < count) buffer = new T[count];
        return buffer.AsSpan(0, count);
    }
}
