using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Babel.Analysis.Ablation;

/// <summary>
/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021), seeded by splitmix64
/// as its authors advise. Written here, not taken from the runtime, so that a seed means the same numbers on every platform and
/// version, for ever.
/// </summary>
public sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts the sequence of a seed.</summary>
    public SeededRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>
    /// The sequence of a seed and a label: its own, statistically independent stream for every label. The state is started from the
    /// first 8 bytes (little-endian) of SHA-256 over the seed (8 bytes, little-endian) and the label in UTF-8.
    /// </summary>
    public static SeededRandom For(long seed, string label)
    {
        byte[] bytes = new byte[8 + Encoding.UTF8.GetByteCount(label)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
        Encoding.UTF8.GetBytes(label, bytes.AsSpan(8));
        return new SeededRandom(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes)));
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9, t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>
    /// A whole number in [0, <paramref name="bound"/>), exactly uniform: Lemire's multiplication method with rejection ("Fast random
    /// integer generation in an interval", ACM TOMACS 29(1), 2019).
    /// </summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        ulong limit = (ulong)bound, threshold = (0 - limit) % limit;
        ulong low, high;
        do
        {
            high = Math.BigMul(Next(), limit, out low);
        }
        while (low < threshold);
        return (int)high;
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
