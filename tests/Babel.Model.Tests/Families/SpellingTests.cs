using System.Text.Json.Nodes;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Families;

/// <summary>Other spellings and forms of configurations whose results are known: they must give the same numbers.</summary>
public sealed class SpellingTests
{
    [Fact]
    public void Load_OlderRopeSpelling_IsTheSame()
    {
        using var folder = new EditedModel("llama_gqa_rope_linear").Set("rope_scaling", JsonNode.Parse("{\"type\": \"linear\", \"factor\": 2.5}"));
        Same(folder, "llama_gqa_rope_linear");
    }

    [Fact]
    public void Load_NewerRopeSpelling_IsTheSame()
    {
        using var folder = new EditedModel("llama_gqa_rope_linear")
            .Set("rope_parameters", JsonNode.Parse("{\"rope_type\": \"linear\", \"factor\": 2.5, \"rope_theta\": 50000.0}"));
        folder.Config.Remove("rope_scaling");
        folder.Config.Remove("rope_theta");
        Same(folder, "llama_gqa_rope_linear");
    }

    [Fact]
    public void Load_YarnOfNewerSpelling_TrustsTheOriginalLength()
    {
        // The older file's reading is that of its max_position_embeddings, 64; the newer spelling says 64 outright.
        using var folder = new EditedModel("llama_gqa_rope_yarn").Set(
            "rope_parameters",
            JsonNode.Parse("{\"rope_type\": \"yarn\", \"factor\": 4.0, \"rope_theta\": 50000.0, \"original_max_position_embeddings\": 64}"));
        folder.Config.Remove("rope_scaling");
        folder.Config.Remove("rope_theta");
        folder.Set("max_position_embeddings", 256);
        Same(folder, "llama_gqa_rope_yarn");
    }

    [Fact]
    public void Load_BloomWithNamesOfThePublicFiles_IsTheSame()
    {
        using var folder = new EditedModel("bloom_4h").Set("n_embed", 68).Set("num_attention_heads", 4).Set("seq_length", 2048).Set("n_inner", null);
        foreach (string key in (string[])["hidden_size", "n_head"]) folder.Config.Remove(key);
        Same(folder, "bloom_4h");
    }

    [Theory]
    [InlineData("qwen2_tied", "use_mrope", "false")]
    [InlineData("gpt2", "n_special", "0")]
    [InlineData("gpt2", "predict_special_tokens", "true")]
    [InlineData("gpt2", "_num_labels", "1")]
    [InlineData("llama2", "is_llama_config", "true")]
    [InlineData("llama2", "rope_interleaved", "false")]
    [InlineData("llama2", "num_key_value_heads", "null")]
    [InlineData("gpt_neox_parallel", "attention_probs_dropout_prob", "0")]
    [InlineData("opt_preln", "learned_embeddings", "true")]
    [InlineData("opt_preln", "scale_embeddings", "false")]
    [InlineData("llama2", "rope_scaling", "{\"rope_type\": \"default\", \"factor\": 1.0}")]
    public void Load_HarmlessKeysOfPublicFiles_ChangeNothing(string model, string key, string value)
    {
        using var folder = new EditedModel(model).Set(key, JsonNode.Parse(value));
        Same(folder, model);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Load_FalconOfTheNewFormWithOneHeadAndEqualNorms_IsTheOldForm(int norms)
    {
        using var folder = new EditedModel("falcon_mq").Set("new_decoder_architecture", true).Set("num_kv_heads", 1).Set("num_ln_in_parallel_attn", norms);
        for (int i = 0; norms == 2 && i < 2; i++)
        {
            foreach (string part in (string[])["weight", "bias"])
            {
                string old = $"transformer.h.{i}.input_layernorm.{part}";
                folder.Put($"transformer.h.{i}.ln_mlp.{part}", folder.Floats(old), 64);
                folder.Rename(old, $"transformer.h.{i}.ln_attn.{part}");
            }
        }

        Same(folder, "falcon_mq");
    }

    [Fact]
    public void Load_GroupedHeadsWrittenOut_AreTheSame()
    {
        using var folder = new EditedModel("llama_gqa").Set("num_key_value_heads", 6);
        for (int i = 0; i < 2; i++)
        {
            foreach (string part in (string[])["k", "v"])
            {
                string name = $"model.layers.{i}.self_attn.{part}_proj.weight";
                float[] stored = folder.Floats(name);
                float[] expanded = [.. Enumerable.Range(0, 72).SelectMany(r => stored.Skip(((r / 36 * 12) + (r % 12)) * 72).Take(72))];
                folder.Put(name, expanded, 72, 72);
            }
        }

        Same(folder, "llama_gqa");
    }

    [Fact]
    public void Load_MistralWithoutItsWindow_IsAWindowAsLongAsTheText()
    {
        using var none = new EditedModel("mistral_window").Set("sliding_window", null);
        using var wide = new EditedModel("mistral_window").Set("sliding_window", 40);
        using var device = Devices.Open("ref");
        using var a = LanguageModel.Load(none.Write(), device);
        using var b = LanguageModel.Load(wide.Write(), device);
        using var golden = new GoldenCase(a, "mistral_window");
        using var other = new GoldenCase(b, "mistral_window");
        Assert.Equal(a.Run(golden.Batch, ForwardOutput.Logits).Logits, b.Run(other.Batch, ForwardOutput.Logits).Logits);
        Assert.Empty(a.Spec.Windows);
    }

    [Fact]
    public void Load_Qwen3WithUnitHeadNorms_NormalisesHeads()
    {
        using var folder = Qwen3();
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        Assert.True(model.Spec.HeadNorm);

        // A head norm forgets the length of q: doubling W_q changes nothing but for epsilon.
        using var batch = Batch.Pack(model, [[5, 6, 7, 8, 9]]);
        float[] before = model.Run(batch, ForwardOutput.Logits).Logits;
        for (int i = 0; i < 2; i++)
        {
            string name = $"model.layers.{i}.self_attn.q_proj.weight";
            folder.Put(name, [.. folder.Floats(name).Select(w => 2 * w)], 72, 72);
        }

        using var doubled = LanguageModel.Load(folder.Write(), device);
        using var again = Batch.Pack(doubled, [[5, 6, 7, 8, 9]]);
        float[] after = doubled.Run(again, ForwardOutput.Logits).Logits;
        Assert.All(before.Zip(after), p => Assert.InRange(p.Second - p.First, -1e-4f, 1e-4f));
    }

    [Fact]
    public void Load_Gemma2_KeepsWindowsCapsAndScale()
    {
        using var folder = Gemma2();
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        Assert.Equal(ResidualForm.Sandwich, model.Spec.Residual);
        Assert.Equal([7, 0], model.Spec.Windows);
        Assert.Equal(3, model.Spec.ScoreSoftCap);
        Assert.Equal(5, model.Spec.LogitSoftCap);
        Assert.Equal(1 / Math.Sqrt(24), model.Spec.AttentionScale, 6);
        using var batch = Batch.Pack(model, [[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]]);
        Assert.All(model.Run(batch, ForwardOutput.Logits).Logits, l => Assert.InRange(l, -5f, 5f));
    }

    internal static EditedModel Qwen3()
    {
        var folder = new EditedModel("llama_gqa").Set("model_type", "qwen3");
        folder.Config.Remove("mlp_bias");
        for (int i = 0; i < 2; i++)
        {
            foreach (string part in (string[])["q_norm", "k_norm"])
                folder.Put($"model.layers.{i}.self_attn.{part}.weight", [.. Enumerable.Range(0, 12).Select(j => 1 + (0.1f * j))], 12);
        }

        return folder;
    }

    internal static EditedModel Gemma2()
    {
        var folder = new EditedModel("gemma").Set("model_type", "gemma2").Set("sliding_window", 7).Set("attn_logit_softcapping", 3.0)
            .Set("final_logit_softcapping", 5.0).Set("query_pre_attn_scalar", 24).Set("cache_implementation", "hybrid");
        for (int i = 0; i < 2; i++)
        {
            foreach (string part in (string[])["pre_feedforward_layernorm", "post_feedforward_layernorm"])
                folder.Put($"model.layers.{i}.{part}.weight", [.. Enumerable.Range(0, 64).Select(j => 0.01f * j)], 64);
        }

        return folder;
    }

    private static void Same(EditedModel folder, string golden)
    {
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        using var expected = new GoldenCase(model, golden);
        expected.Compare("logits", model.Run(expected.Batch, ForwardOutput.Logits).Logits, Devices.Logits("ref"));
    }
}
