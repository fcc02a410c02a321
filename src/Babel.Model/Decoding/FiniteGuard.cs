using System.Numerics;
using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Kernels.Errors;

namespace Babel.Model.Decoding;

/// <summary>Looks for NaN and infinity in tensors of the device.</summary>
internal sealed class FiniteGuard(Device device)
{
    /// <summary>Numbers brought to the host at a time, about: 4 MiB.</summary>
    public const long Piece = 1 << 20;

    private float[] _host = [];

    /// <exception cref="NonFiniteException">An element of <paramref name="values"/> [N, n] is NaN or infinite.</exception>
    public void Check(TensorView values, SiteRef site, string hint)
    {
        long columns = values.Shape.Columns, rows = values.Shape.Rows, piece = Math.Clamp(Piece / Math.Max(1, columns), 1, Math.Max(1, rows));
        for (long row = 0; row < rows; row += piece) Check(values.Rows(row, Math.Min(piece, rows - row)), row, site, hint);
    }

    private void Check(TensorView values, long firstRow, SiteRef site, string hint)
    {
        int count = checked((int)values.Count);
        if (_host.Length < count) _host = new float[count];
        var host = _host.AsSpan(0, count);
        device.Read(values, host);
        Check(host, values.Shape.Columns, firstRow, site, hint);
    }

    /// <exception cref="NonFiniteException">One of some numbers on the host is NaN or infinite.</exception>
    public static void Check(ReadOnlySpan<float> host, long columns, long firstRow, SiteRef site, string hint)
    {
        if (AllFinite(host)) return;
        int at = 0;
        while (float.IsFinite(host[at])) at++;
        throw new NonFiniteException(
            "the forward pass left the finite numbers",
            site.ToString(),
            "finite values",
            $"{host[at]} at token row {firstRow + (at / columns)}, column {at % columns}",
            hint);
    }

    /// <summary>x - x is 0 for finite x and NaN otherwise, and NaN survives a sum.</summary>
    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sum = Vector<float>.Zero;
        foreach (var v in vectors) sum += v - v;
        float rest = Vector.Sum(sum);
        foreach (float v in values[(vectors.Length * Vector<float>.Count)..]) rest += v - v;
        return rest == 0;
    }
}
