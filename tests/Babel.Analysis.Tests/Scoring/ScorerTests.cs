using System.Globalization;
using System.Text.Json;
using Babel.Analysis.Ablation;
using Babel.Analysis.Corpora;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;
using Xunit;

namespace Babel.Analysis.Tests.Scoring;

public sealed class ScorerTests
{
    [Theory]
    [InlineData("cpu", "llama2")]
    [InlineData("ref", "llama2")]
    [InlineData("cpu", "llama_gqa")]
    [InlineData("cpu", "gpt2")]
    public void Score_GoldenModel_MatchesFloat64Softmax(string device, string name)
    {
        using var golden = SafetensorsFile.Open(Path.Combine(Fixtures.Golden(name), "expected.safetensors"));
        double[] expected = NaiveNll(golden, out var documents);
        using var opened = DeviceRegistry.Default.Open(device);
        using var model = LanguageModel.Load(Fixtures.Golden(name), opened);
        using var scorer = Scorer.Create(model, documents);
        AssertClose(expected, scorer.Score());
        Assert.Equal(documents.Select(d => d.Tokens - 1), scorer.Documents.Select(d => d.Tokens));
    }

    [Theory]
    [InlineData("ffn", "ffn_act", NeuronPart.Up)]
    [InlineData("ffn_all_layer1", "ffn_act", NeuronPart.Down)]
    [InlineData("o_in", "o_in", NeuronPart.O)]
    [InlineData("q", "q", NeuronPart.Q)]
    [InlineData("k", "k", NeuronPart.K)]
    [InlineData("v", "v", NeuronPart.V)]
    public void Score_GoldenAblation_MatchesFloat64Softmax(string name, string site, NeuronPart part)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.Golden("ablation_llama2"), "ablation.json")));
        using var golden = SafetensorsFile.Open(Path.Combine(Fixtures.Golden("ablation_llama2"), "expected.safetensors"));
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama2"), device);
        var off = json.RootElement.GetProperty("ablations").GetProperty(name).EnumerateObject().SelectMany(layer =>
            layer.Value.GetProperty(site).EnumerateArray().Select(
                i => new NeuronId(int.Parse(layer.Name, CultureInfo.InvariantCulture), part, i.GetInt32()))).ToList();
        Assert.NotEmpty(off);
        double[] expected = NaiveNll(golden, out var documents, "logits." + name);
        using var scorer = Scorer.Create(model, documents);
        double[] baseline = scorer.Score();
        double[] ablated = scorer.Score(NeuronMask.Off(model.Spec, off));
        AssertClose(expected, ablated);
        Assert.All(ablated.Zip(baseline), p => Assert.True(Math.Abs(p.First - p.Second) > 1e-3));
        Assert.Equal(baseline, scorer.Score()); // the mask leaves nothing behind
    }

    [Fact]
    public void Score_WithoutRoomForABatch_HalvesItAndGivesTheSameBits()
    {
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.Path);
        var documents = TinyLlama.Corpus(documents: 9).Documents;
        using Device device = DeviceRegistry.Default.Open("cpu");
        using var small = new SmallDevice(40 * TinyLlama.Width * sizeof(float));
        using LanguageModel model = LanguageModel.Load(folder.Path, device), narrow = LanguageModel.Load(folder.Path, small);
        using Scorer whole = Scorer.Create(model, documents), halved = Scorer.Create(narrow, documents);
        Assert.Equal(whole.Score(), halved.Score());
        Assert.True(small.Refusals > 0);
        Assert.Equal(whole.Rows, halved.Rows);
    }

    [Fact]
    public void Score_BatchSizeOrderAndThreads_DoNotChangeABit()
    {
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.Path);
        var documents = TinyLlama.Corpus(9).Documents;
        Assert.Contains(documents, d => d.Windows.Count > 2);
        double[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads));
            using var model = LanguageModel.Load(folder.Path, device);
            foreach (int batch in new[] { 1, 7, 33, 100, 100_000 })
            {
                using var scorer = Scorer.Create(model, documents, batch);
                double[] nll = scorer.Score();
                expected ??= nll;
                Assert.Equal(expected, nll);

                var shuffled = documents.Reverse().ToList();
                using var other = Scorer.Create(model, shuffled, batch);
                Assert.Equal(expected.Reverse(), other.Score());
                Assert.False(scorer.Fingerprint == other.Fingerprint);
            }
        }
    }

    [Fact]
    public void Score_SplitDocument_AddsItsWindows()
    {
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.Path);
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(folder.Path, device);
        var document = TinyLlama.Corpus(9).Documents.First(d => d.Windows.Count > 2);
        var alone = document.Windows.Select((w, i) => new TokenizedDocument(document.Document with { Index = i }, [w])).ToList();
        using var whole = Scorer.Create(model, [document]);
        using var parts = Scorer.Create(model, alone);
        double sum = 0;
        foreach (double nll in parts.Score()) sum += nll;
        Assert.Equal(sum, Assert.Single(whole.Score()));
        Assert.Equal(parts.Documents.Sum(d => d.Tokens), whole.Documents[0].Tokens);
    }

    [Fact]
    public void Scores_OneTokenDocuments_AreLeftOut()
    {
        EvaluatedDocument[] documents = [new("a", 0, 4, 10), new("a", 1, 0, 3), new("b", 0, 0, 3), new("a", 2, 6, 20)];
        var scores = ScoreTable.Scores(documents, [8, 0, 0, 12]);
        var score = Assert.Single(scores);
        Assert.Equal(("a", 2, 10L, 30L), (score.Language, score.Documents, score.Tokens, score.Bytes));
        Assert.Equal(2, score.Nll.Value);
        Assert.Equal(Math.Exp(2), score.Perplexity.Value, 12);
        Assert.Equal(20 / (30 * Math.Log(2)), score.BitsPerByte.Value, 12);
    }

    [Fact]
    public void Ablation_TinyModel_MatchesPassesDoneByHand()
    {
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.Path);
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(folder.Path, device);
        using var scorer = Scorer.Create(model, TinyLlama.Corpus(6).Documents);
        AblationSet[] sets = [new("de", [new(0, NeuronPart.Down, 3), new(1, NeuronPart.V, 2)]), new("fi", [new(1, NeuronPart.Down, 7)])];
        var result = new AblationRunner(model, scorer).Run(sets, new AblationOptions { Controls = 2 });

        double[] baseline = scorer.Score();
        for (int s = 0; s < sets.Length; s++)
        {
            double[] ablated = scorer.Score(NeuronMask.Off(model.Spec, sets[s].Neurons));
            var deltas = ScoreTable.Deltas(scorer.Documents, baseline, ablated);
            Assert.Equal(deltas, result.Rows[s].Cells.Select(c => c.Delta));
            Assert.Contains(deltas, d => d.Nll.Value != 0);
            Assert.All(result.Rows[s].Cells, c => Assert.Equal(2, c.Controls.Distinct().Count()));
        }

        Assert.Equal(ScoreTable.Scores(scorer.Documents, baseline), result.Baseline);
    }

    [Theory]
    [InlineData(long.MaxValue, 1L << 40, 16)]
    [InlineData(0, 1L << 40, 1)]
    [InlineData(0, 96 * 100, 1)]
    public void Ablation_LayerMajor_SameBitsAndJournal(long resident, long spool, int together)
    {
        using var folder = new TemporaryFolder();
        TinyLlama.Write(folder.File("model"));
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(folder.File("model"), device);
        using var streamed = LanguageModel.Load(folder.File("model"), device, Schedule.Layer);
        var documents = TinyLlama.Corpus(6).Documents;
        using var scorer = Scorer.Create(model, documents, 50);
        using var other = Scorer.Create(streamed, documents, 50, new SweepOptions { ResidentBytes = resident, SpoolBytes = spool });
        Assert.Equal((1, together), (scorer.PassesAtOnce, other.PassesAtOnce));
        AblationSet[] sets = [new("de", [new(0, NeuronPart.Down, 3), new(1, NeuronPart.V, 2)]), new("fi", [new(1, NeuronPart.Down, 7), new(0, NeuronPart.Q, 1)])];
        var options = new AblationOptions { Controls = 2 };
        using (var journal = Journal.Open(folder.File("token"))) new AblationRunner(model, scorer, journal).Run(sets, options);
        using (var journal = Journal.Open(folder.File("layer")))
        {
            var seen = new List<AblationProgress>();
            new AblationRunner(streamed, other, journal).Run(sets, options, seen.Add);
            Assert.Equal(seen[^1].Rows, seen.Max(p => p.RowsDone));
            Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.RowsDone <= pair.Second.RowsDone));
        }

        Assert.Equal(File.ReadAllText(folder.File("token")), File.ReadAllText(folder.File("layer")));
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        // About 20 tokens a document, each log-probability within 2e-5 of the float64 one.
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i], expected[i] - 4e-4, expected[i] + 4e-4);
    }

    // -log softmax of float64 logits, summed over the tokens of each row.
    private static double[] NaiveNll(SafetensorsFile golden, out List<TokenizedDocument> documents, string logitsName = "logits")
    {
        long[] all = golden.ReadArray<long>("input_ids");
        var shape = golden["input_ids"].Shape;
        int rows = (int)shape[0], length = (int)shape[1];
        float[] logits = golden.ReadFloats(logitsName);
        int vocabulary = logits.Length / (rows * length);
        documents = [];
        double[] nll = new double[rows];
        for (int r = 0; r < rows; r++)
        {
            int[] row = [.. all.AsSpan(r * length, length).ToArray().Select(v => (int)v)];
            documents.Add(new TokenizedDocument(new Document("x", r, "text"), [row]));
            for (int t = 0; t + 1 < length; t++)
            {
                var scores = logits.AsSpan((r * length + t) * vocabulary, vocabulary);
                double max = double.NegativeInfinity, sum = 0;
                foreach (float s in scores) max = Math.Max(max, s);
                foreach (float s in scores) sum += Math.Exp(s - max);
                nll[r] -= scores[row[t + 1]] - max - Math.Log(sum);
            }
        }

        return nll;
    }
}
