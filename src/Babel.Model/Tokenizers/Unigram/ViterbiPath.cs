namespace Babel.Model.Tokenizers.Unigram;

/// <summary>For each byte position, the best way to have come to it. Grows, and is kept.</summary>
internal sealed class ViterbiPath
{
    public int[] Ids { get; private set; } = [];

    /// <summary>Where the piece that ends here starts; -1 where no way has come.</summary>
    public int[] Starts { get; private set; } = [];

    public double[] Scores { get; private set; } = [];

    public float[] SingleScores { get; private set; } = [];

    public void Reset(int length)
    {
        if (Ids.Length <= length)
        {
            var size = Math.Max(length + 1, Ids.Length * 2);
            Ids = new int[size];
            Starts = new int[size];
            Scores = new double[size];
            SingleScores = new float[size];
        }

        Array.Fill(Starts, -1, 0, length + 1);
        Scores[0] = 0;
        SingleScores[0] = 0;
    }
}
