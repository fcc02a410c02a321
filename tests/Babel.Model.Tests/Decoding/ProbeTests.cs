using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Tests.Families;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>What a probe plan observes, against the captured tensors and against switching neurons off one by one.</summary>
public sealed class ProbeTests
{
    private static readonly int[][] s_texts = [[5, 9, 17, 33, 7, 64, 80], [40, 41, 42], [99, 98, 97, 96, 95]];

    public static TheoryData<string, string> Models()
    {
        var data = new TheoryData<string, string>();
        foreach (string device in Devices.Names)
        {
            foreach (string model in (string[])["llama_gqa", "bloom_4h", "phi", "opt_postln_proj", "falcon_mq", "mistral_window"]) data.Add(model, device);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Run_Statistics_AreThoseOfTheCapturedTensors(string golden, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(golden), device);
        Site[] sites = [Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.Q, Site.K, Site.V, Site.Z];
        Site[] existing = [.. sites.Where(s => model.Spec.Width(s) > 0)];
        var sink = new RecordingSink(sites);
        var plan = new ProbePlan
        {
            Statistics = sites.ToHashSet(),
            Captures = existing.SelectMany(s => Enumerable.Range(0, model.Spec.Layers).Select(l => new SiteRef(s, l))).ToHashSet(),
        };
        using var batch = Batch.Pack(model, s_texts);
        model.Run(batch, ForwardOutput.None, plan, sink);
        Assert.Equal(existing.Length * model.Spec.Layers * 5, sink.Stats.Count);
        foreach (var ((layer, site, statistic), actual) in sink.Stats)
        {
            double[] values = sink.Values[new SiteRef(site, layer)];
            int width = model.Spec.Width(site);
            Assert.Equal(s_texts.Length * width, actual.Length);
            for (int s = 0; s < s_texts.Length; s++)
            {
                var span = batch.Layout.Spans[s];
                for (int k = 0; k < width; k++)
                {
                    var column = Enumerable.Range(span.QueryStart, span.QueryLength).Select(n => values[(n * width) + k]);
                    double expected = statistic switch
                    {
                        "count" => column.Count(v => v > 0),
                        "sum" => column.Sum(),
                        "abs" => column.Sum(Math.Abs),
                        "squares" => column.Sum(v => v * v),
                        _ => column.Max(),
                    };
                    Assert.Equal(expected, actual[(s * width) + k], 1e-5 * Math.Max(1, Math.Abs(expected)));
                }
            }
        }
    }

    [Theory]
    [InlineData("llama_gqa")]
    [InlineData("bloom_4h")]
    [InlineData("phi")]
    [InlineData("mistral_window")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    public void Run_ExactScores_AreThoseOfNeuronsSwitchedOff(string name)
    {
        using var folder = name == "qwen3" ? SpellingTests.Qwen3() : name == "gemma2" ? SpellingTests.Gemma2() : new EditedModel(name);
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        using var batch = Batch.Pack(model, s_texts);
        const int layer = 1;
        var pattern = new SiteRef(Site.Pattern, layer);
        var written = new SiteRef(Site.AttnOut, layer);
        var plan = new ProbePlan { QkScores = QkScoreForm.Exact, ValueScores = true, Captures = new HashSet<SiteRef> { pattern, written } };
        var whole = new RecordingSink();
        model.Run(batch, ForwardOutput.None, plan, whole);
        foreach (var (part, label, site) in ((NeuronPart, string, SiteRef)[])[(NeuronPart.Q, "q", pattern), (NeuronPart.K, "k", pattern), (NeuronPart.V, "v", written)])
        {
            int count = model.NeuronCount(part);
            foreach (int index in (int[])[0, 5, count / 2, count - 1])
            {
                var without = new RecordingSink();
                var off = new ProbePlan { Captures = new HashSet<SiteRef> { site }, Ablation = NeuronMask.Off(model.Spec, [new(layer, part, index)]) };
                model.Run(batch, ForwardOutput.None, off, without);
                for (int s = 0; s < s_texts.Length; s++)
                {
                    double expected = SquaredChange(batch.Layout, model.Spec, site.Site, whole.Values[site], without.Values[site], s);
                    double actual = whole.Scores[(layer, label)][(s * count) + index];
                    Assert.Equal(expected, actual, 1e-12 + (1e-6 * expected));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void WriteNorms_AreTheLengthsOfWhatSingleNeuronsWrite(string golden, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var folder = new EditedModel(golden);
        using var model = LanguageModel.Load(folder.Write(), device);
        string down = folder.Tensors.Keys.Single(n => n.Contains(".1.", StringComparison.Ordinal)
            && (n.EndsWith("down_proj.weight", StringComparison.Ordinal) || n.EndsWith("fc2.weight", StringComparison.Ordinal)
                || n.EndsWith("dense_4h_to_h.weight", StringComparison.Ordinal)));
        float[] w = folder.Floats(down);
        float[] norms = model.WriteNorms(Site.MlpPost, 1);
        int f = model.Spec.FfnWidth;
        Assert.Equal(f, norms.Length);
        for (int k = 0; k < f; k++)
            Assert.Equal(Math.Sqrt(Enumerable.Range(0, model.Spec.ModelWidth).Sum(i => (double)w[(i * f) + k] * w[(i * f) + k])), norms[k], 1e-5);
        Assert.Equal(model.Spec.QueryWidth, model.WriteNorms(Site.Z, 0).Length);
    }

    [Fact]
    public void Off_EveryPart_SilencesItsActivation()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("phi"), device);
        using var batch = Batch.Pack(model, s_texts);
        (NeuronPart Part, Site Site)[] parts =
        [
            (NeuronPart.Up, Site.MlpPost), (NeuronPart.Down, Site.MlpPost), (NeuronPart.Q, Site.Q), (NeuronPart.K, Site.K), (NeuronPart.V, Site.V), (NeuronPart.O, Site.Z),
        ];
        foreach (var (part, site) in parts)
        {
            var sink = new RecordingSink();
            var where = new SiteRef(site, 1);
            var plan = new ProbePlan { Captures = new HashSet<SiteRef> { where }, Ablation = NeuronMask.Off(model.Spec, [new(1, part, 3)]) };
            model.Run(batch, ForwardOutput.None, plan, sink);
            int width = model.Spec.Width(site);
            for (int n = 0; n < batch.Tokens; n++)
            {
                Assert.Equal(0, sink.Values[where][(n * width) + 3]);
                Assert.NotEqual(0, sink.Values[where][(n * width) + 2]);
            }
        }
    }

    [Fact]
    public void Off_NeuronTheModelLacks_IsRefused()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("phi"), device);
        foreach (var id in (NeuronId[])[new(2, NeuronPart.Up, 0), new(0, NeuronPart.Up, 150), new(0, NeuronPart.Gate, 0), new(-1, NeuronPart.Q, 0)])
            Assert.Throws<ModelInputException>(() => NeuronMask.Off(model.Spec, [id]));
        var tooShort = new Dictionary<SiteRef, float[]> { [new(Site.Q, 0)] = new float[3] };
        Assert.Throws<ModelInputException>(() => NeuronMask.FromScales(model.Spec, tooShort));
        var noMask = new Dictionary<SiteRef, float[]> { [new(Site.MlpOut, 0)] = new float[64] };
        Assert.Throws<ModelInputException>(() => NeuronMask.FromScales(model.Spec, noMask));
    }

    [Fact]
    public void Run_SiteTheModelLacks_IsRefused()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("phi"), device);
        using var batch = Batch.Pack(model, s_texts);
        foreach (var site in (SiteRef[])[new(Site.ResidMid, 0), new(Site.MlpUp, 0), new(Site.Q, 2), new(Site.Embed, 0), new(Site.Q, -1)])
        {
            var plan = new ProbePlan { Captures = new HashSet<SiteRef> { site } };
            Assert.Throws<ModelInputException>(() => model.Run(batch, ForwardOutput.None, plan, new RecordingSink()));
        }

        Assert.Throws<ModelInputException>(() => model.Run(batch, ForwardOutput.None, new ProbePlan { Statistics = new HashSet<Site> { Site.MlpOut } }, new RecordingSink()));
    }

    private static double SquaredChange(SequenceLayout layout, DecoderSpec spec, Site site, double[] a, double[] b, int sequence)
    {
        int start = 0;
        for (int s = 0; s < sequence; s++) start += Size(s);
        return Enumerable.Range(start, Size(sequence)).Sum(i => (a[i] - b[i]) * (a[i] - b[i]));

        int Size(int s) => layout.Spans[s].QueryLength * (site == Site.Pattern ? spec.Heads * layout.Spans[s].KeyLength : spec.ModelWidth);
    }
}
