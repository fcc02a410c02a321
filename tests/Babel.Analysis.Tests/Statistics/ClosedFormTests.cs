using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

/// <summary>
/// The importance of EVERY neuron against its definition: switch it off, run, and take the norm of the change of the sub-layer's output (FFN, V, O) or
/// of the attention probabilities (Q, K). The truth is always computed in float64.
/// </summary>
public sealed class ClosedFormTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tiny")]
    [InlineData("bloom_4h")]
    [InlineData("llama2")]
    [InlineData("qwen2_tied")]
    public void Importance_EveryNeuron_MatchesSwitchingItOff(string modelName)
    {
        string folder = modelName == "tiny" ? _folder.File("tiny") : Fixtures.Golden(modelName);
        if (modelName == "tiny") TinyLlama.Write(folder);
        using var reference = DeviceRegistry.Default.Open("ref");
        using var truth = LanguageModel.Load(folder, reference);
        var document = new TokenizedDocument(new Document("de", 0, ""), [Ids(7, 3), Ids(5, 4)]);
        var ablation = new BruteForce(truth, document.Windows);
        using var cpu = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(folder, cpu);
        foreach (var tested in new[] { truth, model })
        {
            var stats = Collect(tested, document);
            foreach (var part in StatisticsOptions.AllParts)
            {
                var importance = tested.NeuronCount(part) > 0 ? stats.ImportanceOf(ImportanceForms.Exact, part) : null;
                for (int at = 0; at < tested.Spec.Layers * tested.NeuronCount(part); at++)
                {
                    var id = new NeuronId(at / tested.NeuronCount(part), part, at % tested.NeuronCount(part));
                    double expected = ablation.Change(id);
                    double found = importance!.Values(id.Layer, 0)[id.Index];
                    Assert.True(
                        Math.Abs(found - expected) <= 1e-5 * expected,
                        $"{modelName} on {tested.Device.Name}, {id}: {found:G9}, switched off {expected:G9}, relative error {Math.Abs(found - expected) / expected:E1}");
                }
            }
        }
    }

    private static LanguageStats Collect(LanguageModel model, TokenizedDocument document)
    {
        var other = new TokenizedDocument(new Document("de", 1, ""), [Ids(6, 5)]);
        var collector = new StatisticsCollector(
            model, new StatisticsOptions { Parts = [], QkImportance = ImportanceForms.Exact }, [document, other]);
        collector.Run([[new BatchWindow(document, 1), new BatchWindow(other, 0), new BatchWindow(document, 0)]]);
        return collector.Finish("tokenizer", 64).Of("de");
    }

    private static int[] Ids(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 50))];
    }

    /// <summary>What changes when one neuron is off, in float64.</summary>
    private sealed class BruteForce(LanguageModel model, IReadOnlyList<int[]> windows)
    {
        private readonly Dictionary<SiteRef, double[]> _base = [];
        private readonly Dictionary<NeuronId, double> _known = [];

        public double Change(NeuronId id)
        {
            // Up, Gate and Down are one mask entry
            var name = id with { Part = id.Part is NeuronPart.Up or NeuronPart.Gate ? NeuronPart.Down : id.Part };
            if (_known.TryGetValue(name, out double known)) return known;
            var site = new SiteRef(
                id.Part switch
                {
                    NeuronPart.Q or NeuronPart.K => Site.Pattern,
                    NeuronPart.V or NeuronPart.O => Site.AttnOut,
                    _ => Site.MlpOut,
                },
                id.Layer);
            if (!_base.TryGetValue(site, out double[]? before)) _base[site] = before = Values(site, null);
            double[] after = Values(site, NeuronMask.Off(model.Spec, [id]));
            return _known[name] = Math.Sqrt(before.Zip(after, (a, b) => (a - b) * (a - b)).Sum());
        }

        private double[] Values(SiteRef site, NeuronMask? mask)
        {
            var sink = new Keep(model.Device);
            using var batch = Batch.Pack(model, windows, targets: false);
            model.Run(batch, ForwardOutput.None, new ProbePlan { Captures = new HashSet<SiteRef> { site }, Ablation = mask }, sink);
            return sink.Values;
        }

        private sealed class Keep(Device device) : IProbeSink
        {
            public double[] Values { get; private set; } = [];

            public void OnLayer(int layer, LayerProbe probe)
            {
            }

            public void OnCapture(SiteRef site, TensorView values) => Values = device.ToDoubles(values);
        }
    }
}
