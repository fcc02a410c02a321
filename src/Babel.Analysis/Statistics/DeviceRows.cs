using System.Numerics;
using System.Runtime.InteropServices;
using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>Brings statistics of a device to the host as float64 (exact), reusing its buffers.</summary>
internal sealed class DeviceRows
{
    private float[] _singles = [];
    private double[] _doubles = [];
    private int[] _ints = [];

    /// <summary>A floating tensor. Valid until the next call.</summary>
    public ReadOnlySpan<double> Doubles(LayerRows rows, int index)
    {
        var view = rows.View(index);
        int count = checked((int)view.Count);
        if (_doubles.Length < count) _doubles = new double[count];
        var doubles = _doubles.AsSpan(0, count);
        if (view.DType == DType.F64)
        {
            if (rows.TryBytes(index, out var bytes)) bytes.CopyTo(MemoryMarshal.AsBytes(doubles));
            else view.Device.Download(view, MemoryMarshal.AsBytes(doubles));
            return doubles;
        }

        var singles = Singles(rows, index);
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(singles[at..]), out var low, out var high);
            low.CopyTo(doubles[at..]);
            high.CopyTo(doubles[(at + Vector<double>.Count)..]);
        }

        for (; at < count; at++) doubles[at] = singles[at];
        return doubles;
    }

    /// <summary>An I32 tensor. Valid until the next call.</summary>
    public ReadOnlySpan<int> Ints(LayerRows rows, int index)
    {
        if (rows.TryBytes(index, out var bytes)) return MemoryMarshal.Cast<byte, int>(bytes);
        var view = rows.View(index);
        int count = checked((int)view.Count);
        if (_ints.Length < count) _ints = new int[count];
        view.Device.Download(view, MemoryMarshal.AsBytes(_ints.AsSpan(0, count)));
        return _ints.AsSpan(0, count);
    }

    /// <summary>A floating tensor, F64 rounded. Valid until the next call.</summary>
    public ReadOnlySpan<float> Singles(LayerRows rows, int index)
    {
        var view = rows.View(index);
        if (view.DType == DType.F32 && rows.TryBytes(index, out var bytes)) return MemoryMarshal.Cast<byte, float>(bytes);
        int count = checked((int)view.Count);
        if (_singles.Length < count) _singles = new float[count];
        view.Device.Read(view, _singles.AsSpan(0, count));
        return _singles.AsSpan(0, count);
    }
}
