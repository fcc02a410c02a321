namespace Babel.Model.Decoding;

/// <summary>
/// The slopes of ALiBi for any number of heads (Press et al. 2021, arXiv 2108.12409, and its released code): with c the largest power of two
/// up to H, 2^(-8i/c), i = 1..c, then 2^(-4i/c) for odd i until there are H.
/// </summary>
internal static class Alibi
{
    public static float[] Slopes(int heads)
    {
        int c = 1;
        while (2 * c <= heads) c *= 2;
        var slopes = new float[heads];
        for (int i = 0; i < heads; i++)
            slopes[i] = (float)(i < c ? Math.Pow(2, -8.0 * (i + 1) / c) : Math.Pow(2, -4.0 * ((2 * (i - c)) + 1) / c));
        return slopes;
    }
}
