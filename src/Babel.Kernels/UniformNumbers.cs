using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels;

/// <summary>
/// Numbers drawn uniformly from <c>Centre - Width/2 .. Centre + Width/2</c>. Number i is a function of the key and i alone (SplitMix64 at a counter,
/// Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195), so it does not matter in what order, in what pieces or by what device they are made.
/// </summary>
/// <param name="Key">Where the numbers begin; what has to be independent has another key.</param>
/// <param name="Centre">The mean.</param>
/// <param name="Width">Largest minus smallest.</param>
/// <remarks>
/// Two numbers share 64 bits, 24 of each half: <c>Centre + (bits 2^-24 - 1/2) Width</c>, in float32 without fused operations, which every IEEE machine rounds
/// alike. <c>Gpu/Kernels/draw.cl</c> computes the same on a GPU.
/// </remarks>
public readonly record struct UniformNumbers(ulong Key, float Centre, float Width)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Number <paramref name="index"/>.</summary>
    public float this[long index]
    {
        get
        {
            ulong bits = BitsOf(index);
            return Value((uint)((index & 1) == 0 ? bits : bits >> 32));
        }
    }

    /// <summary>A key for something that has a name: FNV-1a of the name, mixed with a seed.</summary>
    public static ulong KeyOf(ulong seed, ReadOnlySpan<byte> name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in name) hash = (hash ^ b) * 0x100000001B3;
        return Mix(hash ^ Mix(seed + Golden));
    }

    /// <summary>Numbers <paramref name="first"/>, <c>first + stride</c>, <c>first + 2 stride</c>, ... in a storage type, rounded to nearest.</summary>
    /// <param name="storage">F32, F16 or BF16.</param>
    /// <param name="first">The first number's index.</param>
    /// <param name="stride">From one to the next.</param>
    /// <param name="bytes">A whole number of elements.</param>
    /// <exception cref="KernelException">Numbers are not drawn in this type.</exception>
    public void Fill(DType storage, long first, long stride, Span<byte> bytes)
    {
        switch (storage)
        {
            case DType.F32:
                Fill(first, stride, MemoryMarshal.Cast<byte, float>(bytes), v => v);
                break;
            case DType.BF16:
                Fill(first, stride, MemoryMarshal.Cast<byte, ushort>(bytes), DTypes.ToBFloat16);
                break;
            case DType.F16:
                Fill(first, stride, MemoryMarshal.Cast<byte, Half>(bytes), v => (Half)v);
                break;
            default:
                throw new KernelException("numbers are not drawn in this type", expected: "F32, F16 or BF16", found: storage.ToString());
        }
    }

    private void Fill<T>(long first, long stride, Span<T> values, Func<float, T> store)
    {
        if (stride != 1)
        {
            for (int i = 0; i < values.Length; i++) values[i] = store(this[first + (i * stride)]);
            return;
        }

        int begin = 0;
        if ((first & 1) != 0 && values.Length > 0) values[begin++] = store(this[first]);
        for (int i = begin; i < values.Length; i += 2)
        {
            ulong bits = BitsOf(first + i);
            values[i] = store(Value((uint)bits));
            if (i + 1 < values.Length) values[i + 1] = store(Value((uint)(bits >> 32)));
        }
    }

    private ulong BitsOf(long index) => Mix(Key + (((ulong)index >> 1) * Golden));

    // 24 bits fill a float's fraction: every step is exact but the last two.
    private float Value(uint bits) => Centre + ((((bits >> 8) * (1f / (1 << 24))) - 0.5f) * Width);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
