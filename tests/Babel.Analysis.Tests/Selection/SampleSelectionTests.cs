using Babel.Analysis.Corpora;
using Babel.Analysis.Lape;
using Babel.Analysis.Plnd;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Analysis.Tests.Selection;

/// <summary>
/// The selections on the trained sample model and the sample text: detection on the even stories, judged on the odd ones.
/// </summary>
public sealed class SampleSelectionTests : IDisposable
{
    private const int StoryLines = 10;

    private readonly Device _device = DeviceRegistry.Default.Open("cpu");
    private readonly LanguageModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly Corpus _text = Corpus.Load(Path.Combine(Fixtures.Root, "samples", "text"));

    public SampleSelectionTests()
    {
        string folder = Path.Combine(Fixtures.Root, "samples", "babel-nano");
        _model = LanguageModel.Load(folder, _device);
        _tokenizer = Tokenizer.Load(folder);
    }

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Comparative_SetsOff_HurtTheirOwnLanguage()
    {
        var stats = Collect(d => d.Index / StoryLines % 2 == 0, new StatisticsOptions { Parts = [NeuronPart.Gate], Importance = ImportanceForms.None });
        var sets = ComparativeSelector.Select(stats, new ComparativeOptions());
        var heldOut = Tokenized(d => d.Index / StoryLines % 2 == 1 && d.Index % 2 == 0);
        var before = Nll(heldOut, null);
        foreach (var set in sets.Sets)
        {
            Assert.InRange(set.Neurons.Count, 1, (int)(0.02 * stats.Header.Shape.FfnNeurons));
            var after = Nll(heldOut, NeuronMask.Off(_model.Spec, set.Ids));
            double own = after[set.Language] - before[set.Language];
            double others = before.Keys.Where(l => l != set.Language).Average(l => after[l] - before[l]);
            Assert.True(own > 0.02 && own >= 5 * others, $"{set.Language}: own {own:F4}, others {others:F4}");
        }

        Assert.Equal(before, Nll(heldOut, null)); // a mask leaves nothing behind
    }

    [Fact]
    public void PlndAndLape_OnTheSample_HaveTheShapeTheirDefinitionsGive()
    {
        var stats = Collect(d => d.Index < 20, new StatisticsOptions { Importance = ImportanceForms.Both, QkImportance = ImportanceForms.Both });
        int neurons = stats.Header.Shape.FfnNeurons;
        var lape = LapeSelector.Select(stats, new LapeOptions());
        Assert.Equal((int)Math.Round(0.01 * neurons), lape.Sets.SelectMany(s => s.Ids).Distinct().Count());
        foreach (var form in new[] { ImportanceForms.Exact, ImportanceForms.Repo })
        {
            var plnd = PlndSelector.Select(stats, new PlndOptions { Form = form });
            Assert.All(plnd.Sets, s => Assert.All(s.Neurons, n => Assert.Equal(20, n.Hits)));
            Assert.All(plnd.Sets, s => Assert.NotEmpty(s.Neurons));
        }
    }

    [SkippableFact]
    public void OpenCl_OnTheSample_SelectsTheNeuronsOfTheProcessor()
    {
        using var device = OpenCl();
        using var model = LanguageModel.Load(Path.Combine(Fixtures.Root, "samples", "babel-nano"), device);
        var options = new StatisticsOptions { Importance = ImportanceForms.Exact, QkImportance = ImportanceForms.Exact };
        var expected = Collect(d => d.Index < 10, options);
        var actual = StatisticsRun.Collect(model, Tokenized(d => d.Index < 10), "tokenizer", _model.Spec.MaxPositions, options);
        Same(ComparativeSelector.Select(expected, new ComparativeOptions()), ComparativeSelector.Select(actual, new ComparativeOptions()));
        Same(LapeSelector.Select(expected, new LapeOptions()), LapeSelector.Select(actual, new LapeOptions()));
        Same(PlndSelector.Select(expected, new PlndOptions()), PlndSelector.Select(actual, new PlndOptions()));

        static void Same(LanguageNeurons one, LanguageNeurons other)
        {
            Assert.NotEmpty(one.Sets);
            Assert.Equal(one.Sets.Select(s => s.Language), other.Sets.Select(s => s.Language), StringComparer.Ordinal);
            foreach (var (a, b) in one.Sets.Zip(other.Sets)) Assert.Equal(a.Ids.Order(), b.Ids.Order());
        }
    }

    private static Device OpenCl()
    {
        try
        {
            return DeviceRegistry.Default.Open("opencl:0");
        }
        catch (DeviceUnavailableException e)
        {
            throw new SkipException($"opencl:0: {e.What}", e);
        }
    }

    private NeuronStats Collect(Func<Document, bool> condition, StatisticsOptions options) =>
        StatisticsRun.Collect(_model, Tokenized(condition), "tokenizer", _model.Spec.MaxPositions, options);

    private TokenizedCorpus Tokenized(Func<Document, bool> condition) =>
        TokenizedCorpus.Create(_text.Where(condition), _tokenizer, _model.Spec.MaxPositions);

    /// <summary>Mean negative log-probability a predicted token, by language.</summary>
    private Dictionary<string, double> Nll(TokenizedCorpus corpus, NeuronMask? mask)
    {
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var language in corpus.Documents.GroupBy(d => d.Document.Language, StringComparer.Ordinal))
        {
            double sum = 0;
            long predicted = 0;
            foreach (var windows in Batching.ByLength(language, 1024))
            {
                using var batch = Batch.Pack(_model, [.. windows.Select(w => w.Ids)]);
                var run = _model.Run(batch, ForwardOutput.LogProbs, new ProbePlan { Ablation = mask });
                sum -= run.LogProbs.Sum(p => (double)p);
                predicted += windows.Sum(w => w.Ids.Length - 1);
            }

            result.Add(language.Key, sum / predicted);
        }

        return result;
    }
}
