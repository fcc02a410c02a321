namespace Babel.Model.Decoding;

/// <summary>
/// XGLM's position table (tensor2tensor's, first half sin, second half cos): row p holds sin(p f_j) and cos(p f_j), f_j = 10000^(-j/(D/2 - 1)); row 1,
/// the padding's, is zero, and an odd last column is zero.
/// </summary>
internal static class Sinusoids
{
    private const int PaddingRow = 1;

    public static double[] Row(int p, int width)
    {
        var row = new double[width];
        if (p == PaddingRow) return row;
        int half = width / 2;
        for (int j = 0; j < half; j++)
        {
            double angle = p * Math.Exp(-j * Math.Log(10000) / (half - 1));
            row[j] = Math.Sin(angle);
            row[half + j] = Math.Cos(angle);
        }

        return row;
    }
}
