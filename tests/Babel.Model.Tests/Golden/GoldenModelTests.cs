using System.Globalization;
using Babel.Model.Files;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>Every golden model on every device: logits, log probabilities and all stored sites.</summary>
public sealed class GoldenModelTests
{
    /// <summary>Every folder with a model and expectations, so that more of them are tested by being put there.</summary>
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (string folder in Directory.GetDirectories(Fixtures.Golden(".")).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "config.json")) || !File.Exists(Path.Combine(folder, "expected.safetensors"))) continue;
            foreach (string device in Devices.Names) data.Add(Path.GetFileName(folder), device);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Run_GoldenModel_ReproducesEverySite(string folder, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(folder), device);
        using var golden = new GoldenCase(model, folder);
        var sites = golden.Expected.Tensors.Select(t => t.Name).SelectMany(n => SitesOf(n, model.Spec)).ToHashSet();
        var sink = new CaptureSink();
        var result = model.Run(golden.Batch, ForwardOutput.Logits, new ProbePlan { Captures = sites }, sink);

        golden.Compare("logits", result.Logits, Devices.Logits(deviceName));
        int compared = 0;
        foreach (var tensor in golden.Expected.Tensors)
        {
            var refs = SitesOf(tensor.Name, model.Spec);
            if (refs.Length == 0) continue;
            compared++;
            if (refs[0].Site == Site.Pattern) golden.ComparePattern(tensor.Name, sink.Values[refs[0]], Devices.Hidden(deviceName).Absolute);
            else if (IsFalconSum(tensor.Name, model.Spec)) golden.Compare(tensor.Name, Sum(sink, refs[0].Layer), Devices.Hidden(deviceName));
            else golden.Compare(tensor.Name, refs.Length == 1 ? sink.Values[refs[0]] : Fuse(model.Spec, [.. refs.Select(r => sink.Values[r])]), Devices.Hidden(deviceName));
        }

        // Nothing stored is left uncompared by a slip in a name.
        int inputs = golden.Expected.Tensors.Count(t => t.Name is "input_ids" or "attention_mask" or "position_ids" or "logits" or "logits.hf_float32" or "nll");
        Assert.Equal(golden.Expected.Tensors.Count, compared + inputs);
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Run_GoldenModel_ReproducesLogProbabilities(string folder, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(folder), device);
        using var golden = new GoldenCase(model, folder);
        var result = model.Run(golden.Batch, ForwardOutput.LogProbs);
        golden.CompareNll("nll", result.LogProbs, Devices.Logits(deviceName));
    }

    [Theory]
    [InlineData("bloom_4h_baseprefix", "bloom_4h")]
    [InlineData("gpt2_baseprefix", "gpt2")]
    public void Load_CheckpointOfTheBaseModel_EqualsTheFullOne(string bare, string full)
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden(bare), device);
        using var golden = new GoldenCase(model, full);
        golden.Compare("logits", model.Run(golden.Batch, ForwardOutput.Logits).Logits, Devices.Logits("ref"));
    }

    private static SiteRef[] SitesOf(string name, DecoderSpec spec)
    {
        string[] parts = name.Split('.');
        int Number(int at) => int.Parse(parts[at], CultureInfo.InvariantCulture);
        switch (parts[0])
        {
            case "attentions":
                return [new(Site.Pattern, Number(1))];
            case "hidden_states":
                int k = Number(1);
                return [k == 0 ? new(Site.Embed, -1) : k == spec.Layers ? new(Site.FinalNorm, -1) : new(Site.ResidPost, k - 1)];
            case "layers":
                int layer = Number(1);
                Site[] sites = parts[2] switch
                {
                    "out" => [Site.ResidPost],
                    "attn_in" => [Site.AttnIn],
                    "q" => [Site.Q],
                    "k" => [Site.K],
                    "v" => [Site.V],
                    "qkv" => [Site.Q, Site.K, Site.V],
                    "o_in" => [Site.Z],
                    "o_out" => [Site.AttnOut],
                    "ffn_in" => [Site.MlpIn],
                    "ffn_gate" or "ffn_pre" => [Site.MlpPre],
                    "ffn_up" => [Site.MlpUp],
                    "ffn_act" => [Site.MlpPost],
                    "ffn_out" => IsFalconSum(name, spec) ? [Site.MlpOut, Site.AttnOut] : [Site.MlpOut],
                    _ => [],
                };
                return [.. sites.Select(s => new SiteRef(s, layer))];
            default:
                return [];
        }
    }

    /// <summary>
    /// The public code adds a parallel Falcon's attention output to its FFN output in place (<c>mlp_output += attention_output</c>), after the
    /// hook that stored the very tensor: what the file calls ffn_out is the sum of both.
    /// </summary>
    private static bool IsFalconSum(string name, DecoderSpec spec) =>
        spec.Family == "falcon" && spec.IsParallel && name.EndsWith("ffn_out", StringComparison.Ordinal);

    private static float[] Sum(CaptureSink sink, int layer)
    {
        float[] ffn = sink.Values[new SiteRef(Site.MlpOut, layer)], attention = sink.Values[new SiteRef(Site.AttnOut, layer)];
        return [.. ffn.Select((v, i) => v + attention[i])];
    }

    /// <summary>q, k and v put together as the family's fused projection orders them, see the conventions of the golden data.</summary>
    private static float[] Fuse(DecoderSpec spec, float[][] parts)
    {
        int d = spec.HeadDim, group = spec.Heads / spec.KvHeads;
        int rows = parts[0].Length / spec.QueryWidth, width = spec.QueryWidth + (2 * spec.KvWidth);
        bool whole = spec.Family == "gpt2" || (spec.Family == "falcon" && spec.KvHeads == 1);
        var fused = new float[rows * width];
        for (int n = 0; n < rows; n++)
        {
            var q = parts[0].AsSpan(n * spec.QueryWidth, spec.QueryWidth);
            var k = parts[1].AsSpan(n * spec.KvWidth, spec.KvWidth);
            var v = parts[2].AsSpan(n * spec.KvWidth, spec.KvWidth);
            var row = fused.AsSpan(n * width, width);
            if (whole)
            {
                q.CopyTo(row);
                k.CopyTo(row[q.Length..]);
                v.CopyTo(row[(q.Length + k.Length)..]);
                continue;
            }

            for (int h = 0; h < spec.KvHeads; h++)
            {
                var slot = row.Slice(h * (group + 2) * d, (group + 2) * d);
                q.Slice(h * group * d, group * d).CopyTo(slot);
                k.Slice(h * d, d).CopyTo(slot[(group * d)..]);
                v.Slice(h * d, d).CopyTo(slot[((group + 1) * d)..]);
            }
        }

        return fused;
    }
}
