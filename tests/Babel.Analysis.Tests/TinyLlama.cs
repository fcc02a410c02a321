using System.Globalization;
using Babel.Model.Files;

namespace Babel.Analysis.Tests;

/// <summary>
/// A random LLaMA of 2 layers with grouped queries (4 query heads, 2 key heads of 6), written as an ordinary model folder.
/// </summary>
internal static class TinyLlama
{
    public const int Layers = 2, Width = 24, Heads = 4, KvHeads = 2, HeadDim = 6, Ffn = 20, Vocabulary = 50, Context = 16;

    public static void Write(string folder, int seed = 1)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": {{Width}},
             "intermediate_size": {{Ffn}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KvHeads}},
             "head_dim": {{HeadDim}}, "max_position_embeddings": {{Context}}, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "vocab_size": {{Vocabulary}},
             "attention_bias": false, "mlp_bias": false, "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32"}
            """));
        var random = new Random(seed);
        var tensors = new List<NamedTensor>
        {
            Matrix("model.embed_tokens.weight", Vocabulary, Width, 0.8),
            Matrix("lm_head.weight", Vocabulary, Width, 0.3),
            Vector("model.norm.weight"),
        };
        for (int l = 0; l < Layers; l++)
        {
            string at = $"model.layers.{l}.";
            tensors.Add(Vector(at + "input_layernorm.weight"));
            tensors.Add(Vector(at + "post_attention_layernorm.weight"));
            tensors.Add(Matrix(at + "self_attn.q_proj.weight", Heads * HeadDim, Width, 0.3));
            tensors.Add(Matrix(at + "self_attn.k_proj.weight", KvHeads * HeadDim, Width, 0.3));
            tensors.Add(Matrix(at + "self_attn.v_proj.weight", KvHeads * HeadDim, Width, 0.3));
            tensors.Add(Matrix(at + "self_attn.o_proj.weight", Width, Heads * HeadDim, 0.3));
            tensors.Add(Matrix(at + "mlp.gate_proj.weight", Ffn, Width, 0.3));
            tensors.Add(Matrix(at + "mlp.up_proj.weight", Ffn, Width, 0.3));
            tensors.Add(Matrix(at + "mlp.down_proj.weight", Width, Ffn, 0.3));
        }

        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);

        NamedTensor Matrix(string name, int rows, int columns, double scale) =>
            NamedTensor.Of(name, [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(Normal() * scale))], rows, columns);

        NamedTensor Vector(string name) => NamedTensor.Of(name, [.. Enumerable.Range(0, Width).Select(_ => (float)(1 + (0.25 * Normal())))], Width);

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>Made-up documents, some longer than the context.</summary>
    public static Analysis.Corpora.TokenizedCorpus Corpus(int documents, int vocabulary = Vocabulary, int longest = 40)
    {
        var texts = new[] { "de", "en", "fi" }.SelectMany(language => Enumerable.Range(0, documents).Select(i =>
        {
            var random = new Random((i * 31) + language[0]);
            return new Analysis.Corpora.Document(
                language, i, string.Join(' ', Enumerable.Range(0, random.Next(1, longest)).Select(_ => random.Next(3, vocabulary))));
        }));
        return Analysis.Corpora.TokenizedCorpus.Create(
            new Analysis.Corpora.Corpus(texts),
            text => [1, .. text.Split(' ').Select(t => int.Parse(t, CultureInfo.InvariantCulture))],
            bos: 1,
            Context);
    }
}
