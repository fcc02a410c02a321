using System.Globalization;
using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Bench;

/// <summary>A LLaMA folder of any shape with random weights, the same for the same shape, in a temporary folder that goes when this does.</summary>
internal sealed class RandomModel : IDisposable
{
    private readonly DType _dtype;
    private readonly Random _random = new(1);

    /// <summary>Writes the folder.</summary>
    public RandomModel(int d, int layers, int heads, int kvHeads, int f, int vocabulary, DType dtype)
    {
        _dtype = dtype;
        Folder = Directory.CreateTempSubdirectory("babel-bench-").FullName;
        int head = d / heads, kv = kvHeads * head;
        File.WriteAllText(
            Path.Combine(Folder, "config.json"),
            $$"""
            {"model_type": "llama", "hidden_size": {{d}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
             "intermediate_size": {{f}}, "vocab_size": {{vocabulary}}, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
             "hidden_act": "silu", "tie_word_embeddings": false}
            """);
        var tensors = new List<NamedTensor> { Matrix("model.embed_tokens.weight", vocabulary, d), Matrix("lm_head.weight", vocabulary, d), Ones("model.norm.weight", d) };
        for (int i = 0; i < layers; i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"model.layers.{i}.");
            tensors.AddRange(
            [
                Ones(at + "input_layernorm.weight", d), Ones(at + "post_attention_layernorm.weight", d),
                Matrix(at + "self_attn.q_proj.weight", d, d), Matrix(at + "self_attn.k_proj.weight", kv, d),
                Matrix(at + "self_attn.v_proj.weight", kv, d), Matrix(at + "self_attn.o_proj.weight", d, d),
                Matrix(at + "mlp.gate_proj.weight", f, d), Matrix(at + "mlp.up_proj.weight", f, d), Matrix(at + "mlp.down_proj.weight", d, f),
            ]);
        }

        SafetensorsWriter.Write(Path.Combine(Folder, "model.safetensors"), tensors);
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private NamedTensor Ones(string name, int length) => Store(name, Enumerable.Repeat(1f, length).ToArray(), length);

    private NamedTensor Matrix(string name, int rows, int columns)
    {
        // Uniform with variance 1/columns: activations keep their size through the layers.
        var values = new float[(long)rows * columns];
        float scale = (float)Math.Sqrt(12.0 / columns);
        for (long i = 0; i < values.Length; i++) values[i] = (_random.NextSingle() - 0.5f) * scale;
        return Store(name, values, rows, columns);
    }

    private NamedTensor Store(string name, float[] values, params long[] shape)
    {
        if (_dtype == DType.F32) return NamedTensor.Of(name, values, shape);
        var rounded = Array.ConvertAll(values, DTypes.ToBFloat16);
        return new NamedTensor(name, DType.BF16, shape, MemoryMarshal.AsBytes<ushort>(rounded.AsSpan()).ToArray());
    }
}
