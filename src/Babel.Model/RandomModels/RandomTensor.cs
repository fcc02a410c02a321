using System.Runtime.InteropServices;
using System.Text;
using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Model.RandomModels;

/// <summary>
/// A tensor drawn uniformly from <c>Centre - Width/2 .. Centre + Width/2</c>. Element i is a function of the seed, the tensor's name and i alone
/// (SplitMix64 at a counter, Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195), so it does not matter in what order, in what pieces or
/// by how many threads a model is made, nor which other tensors it has.
/// </summary>
internal sealed record RandomTensor(TensorHeader Header, float Centre, float Width)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Where the tensor's own numbers begin: FNV-1a of its name, mixed with the seed.</summary>
    public static ulong Key(ulong seed, string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001B3;
        return Mix(hash ^ Mix(seed + Golden));
    }

    /// <summary>The bytes of the elements from <paramref name="first"/> on, an even number.</summary>
    public void Fill(ulong key, long first, Span<byte> bytes)
    {
        switch (Header.DType)
        {
            case DType.F32:
                Fill(key, first, MemoryMarshal.Cast<byte, float>(bytes), v => v);
                break;
            case DType.BF16:
                Fill(key, first, MemoryMarshal.Cast<byte, ushort>(bytes), DTypes.ToBFloat16);
                break;
            default:
                Fill(key, first, MemoryMarshal.Cast<byte, Half>(bytes), v => (Half)v);
                break;
        }
    }

    private void Fill<T>(ulong key, long first, Span<T> values, Func<float, T> store)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            ulong bits = Mix(key + (((ulong)(first + i) >> 1) * Golden));
            values[i] = store(Value((uint)bits));
            if (i + 1 < values.Length) values[i + 1] = store(Value((uint)(bits >> 32)));
        }
    }

    // 24 bits fill a float's fraction: every step is exact but the last two, which every IEEE machine rounds alike.
    private float Value(uint bits) => Centre + ((((bits >> 8) * (1f / (1 << 24))) - 0.5f) * Width);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
