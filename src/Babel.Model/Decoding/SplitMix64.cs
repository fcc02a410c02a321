namespace Babel.Model.Decoding;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195): a state that grows by the golden ratio, and a mix of it. Written
/// out, so that draws are the same on every platform and in every version.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));
}
