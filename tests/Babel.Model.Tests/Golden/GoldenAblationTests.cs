using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>Neurons switched off by hooks in public code, and by masks here.</summary>
public sealed class GoldenAblationTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (string folder in Directory.GetDirectories(Fixtures.Golden("."), "ablation_*").Order(StringComparer.Ordinal))
        {
            foreach (string device in Devices.Names) data.Add(Path.GetFileName(folder), device);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Run_Ablated_ReproducesLogits(string folder, string deviceName)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.Golden(folder), "ablation.json")));
        string modelFolder = Path.GetFileName(json.RootElement.GetProperty("model").GetString()!);
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(modelFolder), device);
        using var golden = new GoldenCase(model, folder);
        golden.Compare("logits.base", model.Run(golden.Batch, ForwardOutput.Logits).Logits, Devices.Logits(deviceName));
        foreach (var set in json.RootElement.GetProperty("ablations").EnumerateObject())
        {
            var plan = new ProbePlan { Ablation = Mask(model.Spec, set.Value) };
            golden.Compare($"logits.{set.Name}", model.Run(golden.Batch, ForwardOutput.Logits, plan).Logits, Devices.Logits(deviceName));
            golden.CompareNll($"nll.{set.Name}", model.Run(golden.Batch, ForwardOutput.LogProbs, plan).LogProbs, Devices.Logits(deviceName));
        }

        // A mask leaves nothing behind.
        golden.Compare("logits.base", model.Run(golden.Batch, ForwardOutput.Logits).Logits, Devices.Logits(deviceName));
    }

    private static NeuronMask Mask(DecoderSpec spec, JsonElement layers)
    {
        var scales = new Dictionary<SiteRef, float[]>();
        foreach (var layer in layers.EnumerateObject())
        {
            int i = int.Parse(layer.Name, CultureInfo.InvariantCulture);
            foreach (var site in layer.Value.EnumerateObject())
            {
                foreach (var index in site.Value.EnumerateArray())
                {
                    var (where, at) = Locate(spec, site.Name, index.GetInt32());
                    var key = new SiteRef(where, i);
                    if (!scales.TryGetValue(key, out float[]? scale)) scales.Add(key, scale = [.. Enumerable.Repeat(1f, spec.Width(where))]);
                    scale[at] = 0;
                }
            }
        }

        return NeuronMask.FromScales(spec, scales);
    }

    private static (Site Site, int Index) Locate(DecoderSpec spec, string name, int index)
    {
        switch (name)
        {
            case "ffn_act":
                return (Site.MlpPost, index);
            case "o_in":
                return (Site.Z, index);
            case "o_out":
                return (Site.AttnOut, index);
            case "q":
                return (Site.Q, index);
            case "k":
                return (Site.K, index);
            case "v":
                return (Site.V, index);
            default:
                // qkv of BLOOM: [head][q, k, v][d].
                Assert.Equal("qkv", name);
                int d = spec.HeadDim, head = index / (3 * d), part = index / d % 3;
                return (part == 0 ? Site.Q : part == 1 ? Site.K : Site.V, (head * d) + (index % d));
        }
    }
}
