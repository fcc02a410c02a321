using Babel.Kernels.Errors;
using Babel.Model.Errors;
using Babel.Model.Tests.Families;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Decoding;

public sealed class BatchTests
{
    private static readonly int[][] s_texts = [[5, 9, 17, 33, 7, 64, 80, 12, 6, 20, 21], [40], [99, 98, 97, 96, 95], [5, 9, 17]];

    public static TheoryData<string, string> Models()
    {
        var data = new TheoryData<string, string>();
        foreach (string device in Devices.Names)
        {
            foreach (string model in (string[])["llama2", "llama_gqa_rope_dynamic", "bloom_6h_padded", "opt_postln_proj", "xglm", "gpt2", "gpt_neox_parallel", "gemma", "falcon_mq", "phi", "mistral_window", "llama2_bf16"])
                data.Add(model, device);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Run_PackedBatch_EqualsSingleSequencesBitForBit(string golden, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(golden), device);
        using var all = Batch.Pack(model, s_texts);
        float[] packed = model.Run(all, ForwardOutput.Logits).Logits;
        float[] probabilities = model.Run(all, ForwardOutput.LogProbs).LogProbs;
        float[] last = model.Run(all, ForwardOutput.LastLogits).Logits;
        int v = model.Spec.Vocabulary;
        for (int s = 0; s < s_texts.Length; s++)
        {
            using var one = Batch.Pack(model, [s_texts[s]]);
            var span = all.Layout.Spans[s];
            float[] single = model.Run(one, ForwardOutput.Logits).Logits;
            Assert.Equal(single, packed[(span.QueryStart * v)..((span.QueryStart + span.QueryLength) * v)]);
            Assert.Equal(single[^v..], last[(s * v)..((s + 1) * v)]);
            Assert.Equal(model.Run(one, ForwardOutput.LogProbs).LogProbs, probabilities[span.QueryStart..(span.QueryStart + span.QueryLength)]);
            Assert.Equal(0, probabilities[span.QueryStart + span.QueryLength - 1]);
        }
    }

    [SkippableTheory]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    public void Run_FamiliesWithoutGoldenData_AgreeOnAllDevices(string name)
    {
        using var folder = name == "qwen3" ? SpellingTests.Qwen3() : SpellingTests.Gemma2();
        folder.Write();
        var results = Devices.Names.Select(deviceName =>
        {
            using var device = Devices.Open(deviceName);
            using var model = LanguageModel.Load(folder.Path, device);
            using var batch = Batch.Pack(model, s_texts);
            return model.Run(batch, ForwardOutput.Logits).Logits;
        }).ToArray();
        foreach (float[] other in results[1..]) Assert.All(results[0].Zip(other), p => Assert.InRange(p.Second - p.First, -5e-5f, 5e-5f));
    }

    [Fact]
    public void FromPadded_BatchOfRows_PacksThemWithoutPads()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("opt_preln"), device);
        int[,] ids = { { 1, 1, 5, 6 }, { 7, 8, 9, 10 } };
        int[,] mask = { { 0, 0, 1, 1 }, { 1, 1, 1, 1 } };
        using var batch = Batch.FromPadded(model, ids, mask, null);
        Assert.Equal(6, batch.Tokens);
        Assert.Equal((0, 2), batch.Origin(0));
        Assert.Equal((1, 3), batch.Origin(5));

        // OPT counts the mask: the padded row equals the row alone.
        using var alone = Batch.Pack(model, [[5, 6]]);
        Assert.Equal(model.Run(alone, ForwardOutput.Logits).Logits, model.Run(batch, ForwardOutput.Logits).Logits[..(2 * 353)]);
    }

    [Fact]
    public void FromPadded_PositionIds_OverrideTheColumn()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("gpt2"), device);
        int[,] ids = { { 1, 1, 5, 6 } };
        int[,] mask = { { 0, 0, 1, 1 } };
        using var alone = Batch.Pack(model, [[5, 6]]);
        using var counted = Batch.FromPadded(model, ids, mask, new[,] { { 1, 1, 0, 1 } });
        using var columns = Batch.FromPadded(model, ids, mask, null);
        float[] expected = model.Run(alone, ForwardOutput.Logits).Logits;
        Assert.Equal(expected, model.Run(counted, ForwardOutput.Logits).Logits);
        Assert.NotEqual(expected, model.Run(columns, ForwardOutput.Logits).Logits);
    }

    [Fact]
    public void Pack_WhatTheModelCannotTake_IsRefused()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("gpt2"), device);
        Assert.Contains("vocabulary", Assert.Throws<ModelInputException>(() => Batch.Pack(model, [[5, 343]])).What, StringComparison.Ordinal);
        Assert.Throws<ModelInputException>(() => Batch.Pack(model, [[-1]]));
        Assert.Throws<ModelInputException>(() => Batch.Pack(model, [[5], []]));
        Assert.Throws<ModelInputException>(() => Batch.Pack(model, []));
        Assert.Contains("position", Assert.Throws<ModelInputException>(() => Batch.Pack(model, [new int[97]])).What, StringComparison.Ordinal);
        int[,] ids = { { 5, 6, 7 } };
        Assert.Throws<ModelInputException>(() => Batch.FromPadded(model, ids, new[,] { { 1, 0, 1 } }, null));
        Assert.Throws<ModelInputException>(() => Batch.FromPadded(model, ids, new[,] { { 0, 0, 0 } }, null));
        Assert.Throws<ModelInputException>(() => Batch.FromPadded(model, ids, new[,] { { 1, 1 } }, null));
        using var untargeted = Batch.Pack(model, [[5, 6]], targets: false);
        Assert.Throws<ModelInputException>(() => model.Run(untargeted, ForwardOutput.LogProbs));
    }

    [Fact]
    public void Run_WeightsThatOverflow_NamesTheSite()
    {
        using var folder = new EditedModel("llama2");
        string name = "model.layers.1.mlp.up_proj.weight";
        float[] weights = folder.Floats(name);
        weights[64] = float.PositiveInfinity;
        folder.Put(name, weights, 172, 64);
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        using var batch = Batch.Pack(model, s_texts);
        Assert.Contains("ResidPost.1", Assert.Throws<NonFiniteException>(() => model.Run(batch, ForwardOutput.LogProbs)).Where, StringComparison.Ordinal);
        model.FiniteCheck = FiniteCheck.EveryLayer;
        Assert.Equal("MlpPost.1", Assert.Throws<NonFiniteException>(() => model.Run(batch, ForwardOutput.LogProbs)).Where);
        model.FiniteCheck = FiniteCheck.Off;
        Assert.Contains(model.Run(batch, ForwardOutput.LogProbs).LogProbs, float.IsNaN);
    }

    [Fact]
    public void Run_Cancelled_Stops()
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(Fixtures.Golden("llama2"), device);
        using var batch = Batch.Pack(model, s_texts);
        Assert.Throws<OperationCanceledException>(() => model.Run(batch, ForwardOutput.None, ct: new CancellationToken(canceled: true)));
        Assert.Throws<OperationCanceledException>(() => LanguageModel.Load(Fixtures.Golden("llama2"), device, ct: new CancellationToken(canceled: true)));
    }
}
