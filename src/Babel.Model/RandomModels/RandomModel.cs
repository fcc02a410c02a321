using System.Globalization;
using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Files;
using Babel.Model.Tokenizers;

namespace Babel.Model.RandomModels;

/// <summary>
/// Writes Hugging Face folders of any shape with random weights: the same bytes for the same shape and seed, on every machine. Weights go to the
/// disk as they are drawn, some megabytes at a time; above 5 GB in shards with an index, as public models come.
/// </summary>
public static class RandomModel
{
    private const long ShardBytes = 5_000_000_000;
    private const int BlockBytes = 8 << 20;
    private const int PieceBytes = 256 << 10;

    /// <summary>The files beside a tokenizer that say which tokens are special.</summary>
    private static readonly string[] s_tokenizerFiles =
        ["tokenizer.json", "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"];

    /// <summary>The families a shape may name.</summary>
    public static IReadOnlyCollection<string> Families => RandomConfig.Families;

    /// <summary>Writes a folder. It appears whole, or not at all: everything is written beside it and then renamed.</summary>
    /// <param name="folder">The folder to make; nothing may be there.</param>
    /// <param name="shape">Sizes, storage type, seed.</param>
    /// <param name="tokenizer">A model folder whose tokenizer is copied, so that commands that read text can run; null for none.</param>
    /// <param name="progress">Is told how many bytes are written.</param>
    /// <param name="ct">Looked at between blocks.</param>
    /// <exception cref="ModelInputException">Something is there, the family cannot have these sizes, or the tokenizer has more tokens than the model.</exception>
    /// <exception cref="ModelNotFoundException"><paramref name="tokenizer"/> has no tokenizer.</exception>
    public static void Write(
        string folder, RandomModelShape shape, string? tokenizer = null, IProgress<LoadProgress>? progress = null, CancellationToken ct = default) =>
        Write(folder, shape, tokenizer, ShardBytes, progress, ct);

    /// <summary>The same with shards of another size.</summary>
    internal static void Write(
        string folder, RandomModelShape shape, string? tokenizer, long shardBytes, IProgress<LoadProgress>? progress = null, CancellationToken ct = default)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(target))
            throw new ModelInputException("the folder of a random model is there already", target, "nothing", "a file or folder", "remove it, or name another");
        string parent = Path.GetDirectoryName(target)!;
        string temporary = Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(temporary);
        try
        {
            var model = RandomConfig.Write(temporary, shape);
            if (tokenizer is not null) CopyTokenizer(tokenizer, temporary, shape);
            var tensors = RandomTensors.Of(model, shape.Weights);
            WriteWeights(temporary, Shards(tensors, shardBytes), shape.Seed, progress, ct);
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static void CopyTokenizer(string from, string to, RandomModelShape shape)
    {
        int size = Tokenizer.Load(from).VocabularySize;
        if (size > shape.Vocabulary)
        {
            throw new ModelInputException(
                "the tokenizer has more tokens than the model", from, $"at most {shape.Vocabulary}", $"{size}", "make the vocabulary of the model larger");
        }

        foreach (string name in s_tokenizerFiles)
        {
            string file = Path.Combine(from, name);
            if (File.Exists(file)) File.Copy(file, Path.Combine(to, name));
        }
    }

    private static void WriteWeights(string folder, List<List<RandomTensor>> shards, ulong seed, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        long total = shards.Sum(s => s.Sum(t => t.Header.Bytes)), done = 0;
        var index = new List<(string Tensor, string File)>();
        for (int s = 0; s < shards.Count; s++)
        {
            string name = shards.Count == 1
                ? "model.safetensors"
                : string.Create(CultureInfo.InvariantCulture, $"model-{s + 1:D5}-of-{shards.Count:D5}.safetensors");
            index.AddRange(shards[s].Select(t => (t.Header.Name, name)));
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
            using var writer = SafetensorsWriter.Create(Path.Combine(folder, name), [.. shards[s].Select(t => t.Header)], metadata);
            foreach (var tensor in shards[s])
            {
                WriteTensor(writer, tensor, seed, ct);
                progress?.Report(new LoadProgress(tensor.Header.Name, done += tensor.Header.Bytes, total));
            }

            writer.Commit();
        }

        if (shards.Count > 1) WriteIndex(folder, total, index);
    }

    private static List<List<RandomTensor>> Shards(IReadOnlyList<RandomTensor> tensors, long most)
    {
        var shards = new List<List<RandomTensor>> { new() };
        long filled = 0;
        foreach (var tensor in tensors)
        {
            if (filled > 0 && filled + tensor.Header.Bytes > most)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += tensor.Header.Bytes;
        }

        return shards;
    }

    private static void WriteTensor(SafetensorsWriter writer, RandomTensor tensor, ulong seed, CancellationToken ct)
    {
        var numbers = tensor.Numbers(seed);
        int size = Kernels.DTypes.Size(tensor.Header.DType);
        byte[] block = new byte[(int)Math.Min(BlockBytes, tensor.Header.Bytes)];
        for (long at = 0; at < tensor.Header.Bytes; at += block.Length)
        {
            ct.ThrowIfCancellationRequested();
            int length = (int)Math.Min(block.Length, tensor.Header.Bytes - at);
            long first = at / size;
            Parallel.For(0, (length + PieceBytes - 1) / PieceBytes, p =>
            {
                int from = p * PieceBytes, to = Math.Min(length, from + PieceBytes);
                numbers.Fill(tensor.Header.DType, first + (from / size), 1, block.AsSpan(from, to - from));
            });
            writer.Append(block.AsSpan(0, length));
        }
    }

    private static void WriteIndex(string folder, long total, List<(string Tensor, string File)> index) =>
        AtomicFile.Write(Path.Combine(folder, "model.safetensors.index.json"), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", total);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach (var (tensor, file) in index) json.WriteString(tensor, file);
            json.WriteEndObject();
            json.WriteEndObject();
        });
}
