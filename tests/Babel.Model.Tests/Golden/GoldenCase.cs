using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Model.Tests.Golden;

/// <summary>A golden folder, its inputs packed for a model, and comparisons at positions that are no padding.</summary>
internal sealed class GoldenCase : IDisposable
{
    public GoldenCase(LanguageModel model, string expectedFolder)
    {
        Model = model;
        Expected = SafetensorsFile.Open(Path.Combine(Fixtures.Golden(expectedFolder), "expected.safetensors"));
        Ids = Table("input_ids")!;
        Batch = Batch.FromPadded(model, Ids, Table("attention_mask"), Table("position_ids"));
    }

    public LanguageModel Model { get; }

    public SafetensorsFile Expected { get; }

    public Batch Batch { get; }

    public int[,] Ids { get; }

    /// <summary>Compares packed rows [N, n] with an expectation [B, T, n].</summary>
    public void Compare(string name, float[] actual, Tolerance tolerance)
    {
        var entry = Expected[name];
        float[] expected = Expected.ReadFloats(name);
        int width = (int)entry.Shape[2], length = (int)entry.Shape[1];
        Xunit.Assert.Equal(Batch.Tokens * width, actual.Length);
        var worst = default((double Excess, string Where));
        for (int n = 0; n < Batch.Tokens; n++)
        {
            var (row, column) = Batch.Origin(n);
            for (int i = 0; i < width; i++)
            {
                double e = expected[(((row * length) + column) * width) + i], a = actual[(n * width) + i];
                double excess = Math.Abs(a - e) - tolerance.For(e);
                if (double.IsNaN(excess)) excess = double.PositiveInfinity;
                if (excess > worst.Excess) worst = (excess, $"row {row}, position {column}, element {i}: {a} for {e}");
            }
        }

        Xunit.Assert.True(worst.Excess <= 0, $"{Expected.Path} {name}: {worst.Where}");
    }

    /// <summary>Compares log probabilities by token with <c>nll</c> [B, T-1].</summary>
    public void CompareNll(string name, float[] logProbs, Tolerance tolerance)
    {
        float[] expected = Expected.ReadFloats(name);
        int length = (int)Expected[name].Shape[1];
        for (int n = 0; n + 1 < Batch.Tokens; n++)
        {
            var (row, column) = Batch.Origin(n);
            if (Batch.Origin(n + 1).Row != row) continue;
            double e = expected[(row * length) + column];
            Xunit.Assert.True(Math.Abs(-logProbs[n] - e) <= tolerance.For(e), $"{Expected.Path} {name}: row {row}, position {column}: {-logProbs[n]} for {e}");
        }
    }

    /// <summary>Compares patterns, sequence after sequence [H, q, k], with <c>attentions</c> [B, H, T, T].</summary>
    public void ComparePattern(string name, float[] actual, double tolerance)
    {
        float[] expected = Expected.ReadFloats(name);
        int heads = (int)Expected[name].Shape[1], length = (int)Expected[name].Shape[2];
        int at = 0;
        foreach (var span in Batch.Layout.Spans)
        {
            var (row, first) = Batch.Origin(span.QueryStart);
            for (int h = 0; h < heads; h++)
            {
                for (int q = 0; q < span.QueryLength; q++)
                {
                    for (int k = 0; k < span.KeyLength; k++)
                    {
                        double e = expected[(((((row * heads) + h) * length) + first + q) * length) + first + k];
                        double a = actual[at++];
                        Xunit.Assert.True(Math.Abs(a - e) <= tolerance, $"{Expected.Path} {name}: row {row}, head {h}, {q} -> {k}: {a} for {e}");
                    }
                }
            }
        }

        Xunit.Assert.Equal(at, actual.Length);
    }

    public void Dispose()
    {
        Batch.Dispose();
        Expected.Dispose();
    }

    private int[,]? Table(string name)
    {
        if (Expected.Find(name) is not { } entry) return null;
        long[] values = Expected.ReadArray<long>(name);
        var table = new int[entry.Shape[0], entry.Shape[1]];
        for (int i = 0; i < values.Length; i++) table[i / (int)entry.Shape[1], i % (int)entry.Shape[1]] = checked((int)values[i]);
        return table;
    }
}
