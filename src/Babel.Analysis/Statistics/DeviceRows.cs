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

    /// <summary>The first <paramref name="rows"/> rows of an F64 tensor. Valid until the next call.</summary>
    public ReadOnlySpan<double> Doubles(TensorView source, int rows) => Of(source.Rows(0, rows), ref _doubles);

    /// <summary>The first <paramref name="rows"/> rows of an I32 tensor. Valid until the next call.</summary>
    public ReadOnlySpan<int> Ints(TensorView source, int rows) => Of(source.Rows(0, rows), ref _ints);

    /// <summary>The first <paramref name="rows"/> rows of a floating tensor, F64 rounded. Valid until the next call.</summary>
    public ReadOnlySpan<float> Singles(TensorView source, int rows)
    {
        var view = source.Rows(0, rows);
        if (view.DType == DType.F32) return Of(view, ref _singles);
        var singles = Grown(ref _singles, checked((int)view.Count));
        view.Device.Read(view, singles);
        return singles;
    }

    private static ReadOnlySpan<T> Of<T>(TensorView view, ref T[] buffer)
        where T : unmanaged
    {
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
