using System.Numerics;
using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Kernels.Errors;

namespace Babel.Model.Decoding;

/// <summary>Looks for NaN and infinity in tensors of the device.</summary>
internal sealed class FiniteGuard(Device device)
{
    private float[] _host = [];

    /// <exception cref="NonFiniteException">An element of <paramref name="values"/> [N, n] is NaN or infinite.</exception>
    public void Check(TensorView values, SiteRef site, string hint)
    {
        if (_host.Length < values.Count) _host = new float[values.Count];
        var host = _host.AsSpan(0, checked((int)values.Count));
        device.Read(values, host);
        if (AllFinite(host)) return;
        int at = 0;
        while (float.IsFinite(host[at])) at++;
        throw new NonFiniteException(
            "the forward pass left the finite numbers",
            site.ToString(),
            "finite values",
            $"{host[at]} at token row {at / values.Shape.Columns}, column {at % values.Shape.Columns}",
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
