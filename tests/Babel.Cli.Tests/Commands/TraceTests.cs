using Babel.Model;
using Babel.Model.Files;
using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>The engine seen from outside: ids in, tensors out, held against Hugging Face's.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => [.. Golden.Models()];

    [Theory]
    [MemberData(nameof(Models))]
    public void Trace_EverySite_IsTheReference(string name)
    {
        using var expected = Golden.Expected(name);
        using var traced = Trace(name, expected, "all");
        int layers = ModelFolder.ReadSpec(Golden.Folder(name)).Layers;
        bool[] token = Tokens(expected);
        int compared = 0;
        foreach (var tensor in expected.Tensors)
        {
            if (Golden.SiteOf(tensor.Name, layers) is not { } site) continue;
            var difference = Worst(expected.ReadFloats(tensor.Name), traced.ReadFloats(site), tensor, token, site == "Logits" ? 5e-5 : 2e-5);
            Assert.True(difference <= 1, $"{tensor.Name} ({site}) is {difference:F2} times the tolerance off");
            compared++;
        }

        Assert.True(compared >= 3, $"only {compared} tensors were compared");
    }

    [Theory]
    [InlineData("llama_gqa")]
    [InlineData("bloom_6h_padded")]
    [InlineData("opt_postln_proj")]
    public void Trace_OnTheReferenceDevice_GivesTheLogits(string name)
    {
        using var expected = Golden.Expected(name);
        using var traced = Trace(name, expected, "Logits", "--device", "ref");
        Assert.InRange(Worst(expected.ReadFloats("logits"), traced.ReadFloats("Logits"), expected["logits"], Tokens(expected), 5e-6), 0, 1);
    }

    [Theory]
    [InlineData("ablation_llama2", "llama2", "ffn")]
    [InlineData("ablation_llama2", "llama2", "k")]
    [InlineData("ablation_llama2", "llama2", "o_out")]
    [InlineData("ablation_llama2", "llama2", "all_kinds")]
    [InlineData("ablation_bloom_4h", "bloom_4h", "ffn_all_layer1")]
    [InlineData("ablation_bloom_4h", "bloom_4h", "qkv_fused")]
    [InlineData("ablation_bloom_4h", "bloom_4h", "all_kinds")]
    public void Trace_WithASetOff_GivesTheAblatedLogits(string ablation, string model, string set)
    {
        using var expected = Golden.Expected(ablation);
        using var traced = Trace(model, expected, "Logits", "--ablate", Path.Combine(Golden.Folder(ablation), "ablation.json") + "#" + set);
        string tensor = "logits." + set;
        Assert.InRange(Worst(expected.ReadFloats(tensor), traced.ReadFloats("Logits"), expected[tensor], Tokens(expected), 5e-5), 0, 1);
    }

    [Fact]
    public void Trace_Npz_HoldsTheSameTensors()
    {
        var run = CommandRun.Of("trace", Golden.Folder("gpt2"), "--ids", "5 6 7", "--sites", "MlpPost,Logits", "-o", _folder.File("t.npz"), "--json", "-q");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using var archive = System.IO.Compression.ZipFile.OpenRead(_folder.File("t.npz"));
        string[] names = [.. archive.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal)];
        Assert.Equal(new[] { "Logits.npy", "MlpPost.0.npy", "MlpPost.1.npy", "input_ids.npy" }, names);
    }

    [Theory]
    [InlineData("--ids", "1 2", "--sites", "Nowhere")]
    [InlineData("--ids", "1 2", "--sites", "MlpPost@2")]
    [InlineData("--ids", "1 2", "--sites", "Logits@0")]
    [InlineData("--ids", "1 2", "--sites", "MlpUp")]
    [InlineData("--ids", "1 x", "--sites", "Logits")]
    [InlineData("--ids", "1 2", "--attention-mask", "1")]
    [InlineData("--text", "hello", "--attention-mask", "1")]
    public void Trace_WrongRequests_AreUsageErrors(params string[] arguments)
    {
        var run = CommandRun.Of(["trace", Golden.Folder("gpt2"), .. arguments, "-o", _folder.File("t.npz")]);
        Assert.Equal(2, run.Code);
        Assert.False(File.Exists(_folder.File("t.npz")));
    }

    [Fact]
    public void Trace_IdBeyondTheVocabulary_IsBadInput_AndWritesNothing()
    {
        var run = CommandRun.Of("trace", Golden.Folder("gpt2"), "--ids", "1 99999", "-o", _folder.File("t.npz"));
        Assert.Equal(3, run.Code);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private SafetensorsFile Trace(string model, SafetensorsFile expected, string sites, params string[] more)
    {
        var arguments = new List<string> { "trace", Golden.Folder(model), "--ids", Golden.Json(expected, "input_ids"), "--sites", sites, "-q" };
        if (expected.Find("attention_mask") is not null) arguments.AddRange(["--attention-mask", Golden.Json(expected, "attention_mask")]);
        if (expected.Find("position_ids") is not null) arguments.AddRange(["--position-ids", Golden.Json(expected, "position_ids")]);
        var run = CommandRun.Of([.. arguments, .. more, "-o", _folder.File("t.safetensors")]);
        Assert.True(run.Code == 0, run.Error);
        return SafetensorsFile.Open(_folder.File("t.safetensors"));
    }

    private static bool[] Tokens(SafetensorsFile expected) => expected.Find("attention_mask") is null
        ? [.. Enumerable.Repeat(true, (int)expected["input_ids"].Count)]
        : [.. expected.ReadArray<long>("attention_mask").Select(m => m != 0)];

    // The largest difference over the tolerance atol + 1e-5 |x|, over rows that are tokens; [B, T, n], or [B, H, T, T] for patterns.
    private static double Worst(float[] expected, float[] actual, TensorEntry tensor, bool[] token, double atol)
    {
        Assert.Equal(expected.Length, actual.Length);
        long batch = tensor.Shape[0], columns = tensor.Shape[^2], width = tensor.Shape[^1], heads = tensor.Shape.Count == 4 ? tensor.Shape[1] : 1;
        double worst = 0;
        for (long i = 0; i < expected.Length; i++)
        {
            long column = i / width % columns, row = i / (width * columns * heads);
            Assert.InRange(row, 0, batch - 1);
            if (!token[(row * columns) + column]) continue;
            double difference = Math.Abs((double)expected[i] - actual[i]);
            worst = Math.Max(worst, double.IsNaN(difference) ? double.PositiveInfinity : difference / (atol + (1e-5 * Math.Abs(expected[i]))));
        }

        return worst;
    }
}
