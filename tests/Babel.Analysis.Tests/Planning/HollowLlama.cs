using System.Globalization;
using System.Text.Json;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Analysis.Tests.Planning;

/// <summary>A LLaMA folder of any size whose weights are a hole in a file: enough to plan with.</summary>
internal static class HollowLlama
{
    /// <summary>The 1b shape: 4.1 GiB in F32.</summary>
    public static ModelFootprint OneBillion(string folder, Device device)
    {
        Write(folder, width: 2048, layers: 22, heads: 32, keyHeads: 4, ffn: 5632, vocabulary: 32_000);
        return ModelFootprint.Read(folder, device);
    }

    public static void Write(string folder, int width, int layers, int heads, int keyHeads, int ffn, int vocabulary)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "llama", "hidden_act": "silu", "hidden_size": {{width}}, "intermediate_size": {{ffn}}, "num_hidden_layers": {{layers}},
             "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyHeads}}, "max_position_embeddings": 4096, "rms_norm_eps": 1e-05,
             "vocab_size": {{vocabulary}}, "tie_word_embeddings": false}
            """));
        int keys = width / heads * keyHeads;
        var tensors = new List<TensorHeader>
        {
            F32("model.embed_tokens.weight", vocabulary, width), F32("lm_head.weight", vocabulary, width), F32("model.norm.weight", width),
        };
        foreach (string at in Enumerable.Range(0, layers).Select(l => $"model.layers.{l}."))
        {
            tensors.AddRange(
            [
                F32(at + "input_layernorm.weight", width), F32(at + "post_attention_layernorm.weight", width),
                F32(at + "self_attn.q_proj.weight", width, width), F32(at + "self_attn.k_proj.weight", keys, width),
                F32(at + "self_attn.v_proj.weight", keys, width), F32(at + "self_attn.o_proj.weight", width, width),
                F32(at + "mlp.gate_proj.weight", ffn, width), F32(at + "mlp.up_proj.weight", ffn, width), F32(at + "mlp.down_proj.weight", width, ffn),
            ]);
        }

        long begin = 0;
        var header = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            header.Add(tensor.Name, new { dtype = "F32", shape = tensor.Shape, data_offsets = new[] { begin, begin + tensor.Bytes } });
            begin += tensor.Bytes;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        file.SetLength(file.Position + begin);
    }

    private static TensorHeader F32(string name, params long[] shape) => new(name, DType.F32, shape);
}
