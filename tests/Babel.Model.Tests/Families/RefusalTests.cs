using System.Text.Json.Nodes;
using Babel.Kernels.Errors;
using Babel.Model.Errors;
using Babel.Model.Files;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Families;

/// <summary>What is refused while loading, and what the message says.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("llama2", "embedding_multiplier", "12.0")]
    [InlineData("llama2", "residual_multiplier", "0.22")]
    [InlineData("llama2", "sliding_window", "128")]
    [InlineData("llama2", "use_qk_norm", "true")]
    [InlineData("qwen2_tied", "dual_chunk_attention_config", "{\"chunk_size\": 8}")]
    [InlineData("bloom_4h", "position_encoding", "\"none\"")]
    [InlineData("gpt2", "n_experts", "4")]
    [InlineData("xglm", "layernorm_embedding", "true")]
    public void Load_KeyThatIsNotUnderstood_IsRefusedByName(string golden, string key, string value)
    {
        using var folder = new EditedModel(golden).Set(key, JsonNode.Parse(value));
        var error = Refused<UnsupportedModelException>(folder);
        Assert.Contains(key, error.What, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Where, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    [Theory]
    [InlineData("llama2", "embedding_multiplier", "null")]
    [InlineData("llama2", "attention_dropout", "0.1")]
    [InlineData("llama2", "task_specific_params", "{\"a\": 1}")]
    [InlineData("bloom_4h", "masked_softmax_fusion", "true")]
    [InlineData("gpt2", "n_ctx", "1024")]
    [InlineData("falcon_mq", "auto_map", "{\"AutoConfig\": \"configuration_falcon.FalconConfig\"}")]
    public void Load_HarmlessKey_IsIgnored(string golden, string key, string value)
    {
        using var folder = new EditedModel(golden).Set(key, JsonNode.Parse(value));
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        using var batch = new GoldenCase(model, golden);
        batch.Compare("logits", model.Run(batch.Batch, ForwardOutput.Logits).Logits, Devices.Logits("ref"));
    }

    [Theory]
    [InlineData("llama2", "rope_scaling", "{\"rope_type\": \"longrope\", \"factor\": 4.0, \"short_factor\": [1.0], \"long_factor\": [2.0]}", "rope_scaling.rope_type")]
    [InlineData("llama2", "rope_scaling", "{\"type\": \"linear\", \"factor\": 2.0, \"mystery\": 3}", "rope_scaling.mystery")]
    [InlineData("llama2", "rope_scaling", "{\"type\": \"yarn\", \"factor\": 2.0, \"mscale\": 1.0}", "rope_scaling.mscale")]
    [InlineData("llama2", "rope_scaling", "{\"type\": \"linear\"}", "rope_scaling.factor")]
    [InlineData("llama2", "hidden_act", "\"relu2\"", "hidden_act")]
    [InlineData("llama2", "quantization_config", "{\"quant_method\": \"gptq\", \"bits\": 4}", "quantization_config")]
    [InlineData("llama2", "is_encoder_decoder", "true", "is_encoder_decoder")]
    [InlineData("llama2", "pruned_heads", "{\"0\": [1]}", "pruned_heads.0")]
    [InlineData("gpt2", "add_cross_attention", "true", "add_cross_attention")]
    [InlineData("phi", "qk_layernorm", "true", "qk_layernorm")]
    [InlineData("bloom_4h", "n_inner", "100", "n_inner")]
    [InlineData("falcon_mq", "num_ln_in_parallel_attn", "2", "num_ln_in_parallel_attn")]
    [InlineData("falcon_mq", "apply_residual_connection_post_layernorm", "true", "apply_residual_connection_post_layernorm")]
    [InlineData("qwen2_tied", "layer_types", "[\"full_attention\", \"linear_attention\"]", "layer_types")]
    public void Load_MathematicsNotImplemented_IsRefusedByName(string golden, string key, string value, string named)
    {
        using var folder = new EditedModel(golden).Set(key, JsonNode.Parse(value));
        var error = Refused<UnsupportedModelException>(folder);
        Assert.Contains(named, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UnknownFamily_NamesTheKnownOnes()
    {
        using var folder = new EditedModel("llama2").Set("model_type", "mamba");
        var error = Refused<UnsupportedModelException>(folder);
        Assert.Contains("mamba", error.Found, StringComparison.Ordinal);
        Assert.Contains("llama", error.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hidden_size", "null", "lacks a key: hidden_size")]
    [InlineData("hidden_size", "\"64\"", "impossible value: hidden_size")]
    [InlineData("num_hidden_layers", "0", "impossible value: num_hidden_layers")]
    [InlineData("rms_norm_eps", "\"small\"", "impossible value: rms_norm_eps")]
    [InlineData("num_key_value_heads", "3", "key/value heads do not divide")]
    [InlineData("head_dim", "15", "rotation does not fit")]
    [InlineData("tie_word_embeddings", "1", "impossible value: tie_word_embeddings")]
    public void Load_ImpossibleValue_IsRefused(string key, string value, string message)
    {
        using var folder = new EditedModel("llama2").Set(key, JsonNode.Parse(value));
        Assert.Contains(message, Refused<ModelFormatException>(folder).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoSpellingsThatDisagree_AreRefused()
    {
        using var folder = new EditedModel("bloom_4h").Set("num_attention_heads", 2);
        var error = Refused<ModelFormatException>(folder);
        Assert.Contains("n_head", error.Expected, StringComparison.Ordinal);
        Assert.Contains("num_attention_heads", error.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"model_type\": \"llama\",}")]
    [InlineData("{\"model_type\": \"llama\", \"model_type\": \"gpt2\"}")]
    [InlineData("[]")]
    [InlineData("{")]
    public void Load_BrokenConfiguration_IsRefused(string text)
    {
        using var folder = new EditedModel("llama2");
        folder.Write();
        File.WriteAllText(folder.File("config.json"), text);
        using var device = Devices.Open("ref");
        Assert.Throws<ModelFormatException>(() => LanguageModel.Load(folder.Path, device));
    }

    [Fact]
    public void Load_MissingTensor_IsNamed()
    {
        using var folder = new EditedModel("llama2");
        folder.Tensors.Remove("model.layers.1.mlp.up_proj.weight");
        Assert.Contains("model.layers.1.mlp.up_proj.weight", Refused<ModelFormatException>(folder).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MoreLayersThanTensors_NamesSomeAndEnds()
    {
        using var folder = new EditedModel("llama2").Set("num_hidden_layers", int.MaxValue);
        Assert.Contains("model.layers.2.", Refused<ModelFormatException>(folder).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SuperfluousTensor_IsNamed()
    {
        using var folder = new EditedModel("llama2");
        folder.Put("model.layers.0.self_attn.q_norm.weight", new float[16], 16);
        Assert.Contains("model.layers.0.self_attn.q_norm.weight", Refused<ModelFormatException>(folder).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ComputedBuffersOfOldFiles_AreIgnored()
    {
        using var folder = new EditedModel("gpt2");
        folder.Put("transformer.h.0.attn.bias", new float[4], 1, 1, 2, 2);
        folder.Put("lm_head.weight", folder.Floats("transformer.wte.weight"), 343, 64);
        using var device = Devices.Open("ref");
        using var model = LanguageModel.Load(folder.Write(), device);
        Assert.Equal(64, model.Spec.ModelWidth);
    }

    [Fact]
    public void Load_WrongShape_NamesTensorAndShapes()
    {
        using var folder = new EditedModel("llama2").Set("intermediate_size", 170);
        var error = Refused<ModelFormatException>(folder);
        Assert.Contains("mlp.gate_proj.weight", error.Where, StringComparison.Ordinal);
        Assert.Equal("[170,64]", error.Expected);
        Assert.Equal("F32[172,64]", error.Found);
    }

    [Fact]
    public void Load_VocabularyOfAnotherSize_SaysSo()
    {
        using var folder = new EditedModel("llama2").Set("vocab_size", 338);
        var error = Refused<ModelFormatException>(folder);
        Assert.Contains("vocabulary", error.What, StringComparison.Ordinal);
        Assert.Equal("F32[337,64]", error.Found);
    }

    [Fact]
    public void Load_IntegerWeights_AreRefused()
    {
        using var folder = new EditedModel("llama2");
        folder.Tensors["lm_head.weight"] = NamedTensor.Of("lm_head.weight", new byte[337 * 64], 337, 64);
        Assert.Contains("U8[337,64]", Refused<UnsupportedModelException>(folder).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoWeights_SaysWhatWasLookedFor()
    {
        using var folder = new EditedModel("llama2");
        folder.Write();
        File.Move(folder.File("model.safetensors"), folder.File("pytorch_model.bin"));
        using var device = Devices.Open("ref");
        var error = Assert.Throws<ModelNotFoundException>(() => LanguageModel.Load(folder.Path, device));
        Assert.Contains("model.safetensors", error.Expected, StringComparison.Ordinal);
        Assert.Contains("save_pretrained", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DoublePrecision_IsAccepted()
    {
        using var folder = new EditedModel("gpt2");
        foreach (var (name, tensor) in folder.Tensors.ToList())
            folder.Tensors[name] = NamedTensor.Of(name, Array.ConvertAll(folder.Floats(name), v => (double)v), [.. tensor.Shape]);
        foreach (string name in Devices.Names)
        {
            using var device = Devices.Open(name);
            using var model = LanguageModel.Load(folder.Write(), device);
            using var golden = new GoldenCase(model, "gpt2");
            golden.Compare("logits", model.Run(golden.Batch, ForwardOutput.Logits).Logits, Devices.Logits(name));
        }
    }

    private static T Refused<T>(EditedModel folder)
        where T : BabelException
    {
        using var device = Devices.Open("ref");
        return Assert.Throws<T>(() => LanguageModel.Load(folder.Write(), device).Dispose());
    }
}
