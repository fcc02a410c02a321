using System.Runtime.InteropServices;

namespace Babel.Kernels;

/// <summary>Facts about the storage types.</summary>
public static class DTypes
{
    /// <summary>Bytes one element takes.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.Bool or DType.U8 or DType.I8 or DType.F8E5M2 or DType.F8E4M3 => 1,
        DType.I16 or DType.U16 or DType.F16 or DType.BF16 => 2,
        DType.I32 or DType.U32 or DType.F32 => 4,
        DType.F64 or DType.I64 or DType.U64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a storage type"),
    };

    /// <summary>Whether weights may be stored in this type.</summary>
    public static bool IsWeightType(this DType dtype) => dtype is DType.F32 or DType.F16 or DType.BF16 or DType.F64;

    /// <summary>Expands a BF16 bit pattern; exact.</summary>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Rounds to BF16, to nearest, ties to even; NaN stays NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & 0x7FFF_FFFFu) > 0x7F80_0000u) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
    }

    /// <summary>
    /// Expands <paramref name="source"/>, elements of the floating type <paramref name="dtype"/>, to float32. Exact for every type
    /// but <see cref="DType.F64"/>, which is rounded to nearest.
    /// </summary>
    /// <exception cref="ArgumentException">The type is not a floating weight type, or the lengths do not agree.</exception>
    public static void Expand(DType dtype, ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (source.Length != checked(destination.Length * dtype.Size()))
            throw new ArgumentException($"{source.Length} bytes are not {destination.Length} elements of {dtype}");
        switch (dtype)
        {
            case DType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case DType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = (float)doubles[i];
                break;
            case DType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = (float)halves[i];
                break;
            case DType.BF16:
                var words = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = FromBFloat16(words[i]);
                break;
            default:
                throw new ArgumentException($"{dtype} is not a floating weight type");
        }
    }
}
