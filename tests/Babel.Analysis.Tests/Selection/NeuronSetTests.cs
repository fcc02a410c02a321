using System.Text;
using Babel.Analysis.Errors;
using Babel.Analysis.Plnd;
using Babel.Analysis.Selection;
using Babel.Analysis.Tests.Statistics;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Selection;

public sealed class NeuronSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_RoundTrips()
    {
        var neurons = PlndSelector.Select(SyntheticStats.Of("de", 0, 1), new PlndOptions { TopFfn = 4, HitRate = 0.5 });
        string path = _folder.File("neurons.json");
        NeuronSetJson.Save(neurons, path);
        var read = NeuronSetJson.Load(path);
        Assert.Equal(neurons.Model, read.Model);
        Assert.Equal(neurons.Method, read.Method);
        Assert.Equal(neurons.Options, read.Options);
        Assert.Equal(neurons.Of("de").Neurons, read.Of("de").Neurons);
        string again = _folder.File("again.json");
        NeuronSetJson.Save(read, again);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
    }

    [Theory]
    [InlineData("{}", "'options' is missing")]
    [InlineData("[]", "no object")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[],\"more\":1}", "unknown field")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[{\"language\":\"de\",\"neurons\":[{\"layer\":0,\"part\":\"Left\",\"index\":1}]}]}", "no part")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[{\"language\":\"de\",\"neurons\":[{\"layer\":0,\"part\":\"Up\",\"index\":-1}]}]}", "no index")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[{\"language\":\"de\",\"neurons\":[{\"layer\":0,\"part\":\"1\",\"index\":1}]}]}", "no part")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[{\"language\":\"de\",\"neurons\":[{\"layer\":0,\"part\":\"Up\",\"index\":1},{\"layer\":0,\"part\":\"Up\",\"index\":1}]}]}", "a neuron twice")]
    [InlineData("{\"model\":\"m\",\"method\":\"x\",\"options\":{},\"sets\":[{\"language\":\"de\",\"neurons\":[]},{\"language\":\"de\",\"neurons\":[]}]}", "two sets")]
    [InlineData("{\"model\":3,\"method\":\"x\",\"options\":{},\"sets\":[]}", "another kind")]
    [InlineData("{\"model\":\"m\"", "cannot be read")]
    public void Json_NotOfTheFormat_SaysWhy(string text, string why)
    {
        var error = Assert.Throws<StoreCorruptException>(() => NeuronSetJson.Parse(Encoding.UTF8.GetBytes(text), "test"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_ByHand_NeedsNoScore()
    {
        const string Text = """{"model":"m","method":"by hand","options":{},"sets":[{"language":"de","neurons":[{"layer":2,"part":"Down","index":5}]}]}""";
        var neuron = Assert.Single(NeuronSetJson.Parse(Encoding.UTF8.GetBytes(Text), "test").Of("de").Neurons);
        Assert.Equal(new ScoredNeuron(new NeuronId(2, NeuronPart.Down, 5), 0), neuron);
    }

    [Fact]
    public void Csv_HasARowANeuron()
    {
        var neurons = new LanguageNeurons("m", "x", [], [new NeuronSet("de", [new ScoredNeuron(new NeuronId(1, NeuronPart.K, 4), 0.25) { Hits = 3 }])]);
        using var stream = new MemoryStream();
        NeuronSetCsv.Write(neurons, stream);
        Assert.Equal(
            "language,rank,layer,part,index,score,hits,minImp,meanImp\nde,1,1,K,4,0.25,3,,\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void NestedLists_AreRead()
    {
        var read = NestedLists.Parse("[[[1,3],[]],[[],[0]]]"u8.ToArray(), ["zh", "en"], 2, 4, "m", "test");
        Assert.Equal(["en", "zh"], read.Sets.Select(s => s.Language), StringComparer.Ordinal);
        Assert.Equal([new NeuronId(0, NeuronPart.Down, 1), new NeuronId(0, NeuronPart.Down, 3)], read.Of("zh").Ids);
        Assert.Equal([new NeuronId(1, NeuronPart.Down, 0)], read.Of("en").Ids);
    }

    [Theory]
    [InlineData("[[[1],[]]]")]
    [InlineData("[[[1]],[[1]]]")]
    [InlineData("[[[4],[]],[[],[]]]")]
    [InlineData("[[[1,1],[]],[[],[]]]")]
    [InlineData("[[[1.5],[]],[[],[]]]")]
    [InlineData("[[[1],[]],[[],[]]")]
    [InlineData("{}")]
    public void NestedLists_OfAnotherModel_AreRefused(string text) =>
        Assert.Throws<StoreCorruptException>(() => NestedLists.Parse(Encoding.UTF8.GetBytes(text), ["zh", "en"], 2, 4, "m", "test"));

    [Fact]
    public void Overlap_CountsSharedNeurons()
    {
        static NeuronSet Set(string language, params NeuronId[] ids) => new(language, [.. ids.Select(i => new ScoredNeuron(i, 1))]);
        NeuronSet[] sets =
        [
            Set("de", new(0, NeuronPart.Up, 1), new(0, NeuronPart.Down, 2), new(1, NeuronPart.Q, 0)),
            Set("en", new(0, NeuronPart.Down, 1), new(1, NeuronPart.Q, 0), new(1, NeuronPart.K, 0)),
            Set("fi"),
        ];
        var all = SetOverlap.Of(sets, NeuronGroup.All);
        Assert.Equal([3, 2, 0, 2, 3, 0, 0, 0, 0], all.Common.Cast<int>());
        Assert.Equal(2.0 / 3, all.Share[0, 1]);
        Assert.Equal(0.5, all.Jaccard[0, 1]);
        Assert.Equal(0, all.Share[2, 0]);
        Assert.Equal(1, SetOverlap.Of(sets, NeuronGroup.Ffn).Common[0, 1]);
        Assert.Equal(1, SetOverlap.Of(sets, NeuronGroup.Attention).Common[1, 0]);
    }
}
