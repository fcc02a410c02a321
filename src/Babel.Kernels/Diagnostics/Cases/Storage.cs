using System.Runtime.InteropServices;

namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Numbers as weights store them.</summary>
internal static class Storage
{
    /// <summary>The nearest values that the type holds.</summary>
    public static float[] Round(float[] values, DType storage) => storage switch
    {
        DType.BF16 => Array.ConvertAll(values, v => DTypes.FromBFloat16(DTypes.ToBFloat16(v))),
        DType.F16 => Array.ConvertAll(values, v => (float)(Half)v),
        _ => values,
    };

    /// <summary>The bytes of values that the type holds.</summary>
    public static byte[] Encode(float[] values, DType storage) => storage switch
    {
        DType.BF16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, DTypes.ToBFloat16)).ToArray(),
        DType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, v => (Half)v)).ToArray(),
        _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
    };
}
