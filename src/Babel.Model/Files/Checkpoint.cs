using System.Text.Json;
using Babel.Model.Errors;

namespace Babel.Model.Files;

/// <summary>
/// The weights of a model folder: <c>model.safetensors</c>, or the shards named by <c>model.safetensors.index.json</c>. Tensors are found by name,
/// whichever file they lie in.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);

    private Checkpoint(string folder) => Folder = folder;

    /// <summary>The model folder.</summary>
    public string Folder { get; }

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>All tensor names.</summary>
    public IReadOnlyCollection<string> Names => _fileOf.Keys;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => _files.Sum(f => f.Tensors.Sum(t => t.Bytes));

    /// <summary>Opens a folder's weights and proves every file's layout.</summary>
    /// <exception cref="ModelNotFoundException">There are no safetensors weights.</exception>
    /// <exception cref="ModelFormatException">A file or the index is broken, or they disagree.</exception>
    public static Checkpoint Open(string folder, FileReading reading = FileReading.Mapped)
    {
        var checkpoint = new Checkpoint(folder);
        try
        {
            string index = Path.Combine(folder, IndexFile);
            if (File.Exists(Path.Combine(folder, SingleFile))) checkpoint.Add(SafetensorsFile.Open(Path.Combine(folder, SingleFile), reading));
            else if (File.Exists(index)) checkpoint.OpenShards(index, reading);
            else throw Missing(folder);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The file and entry of a tensor, or null.</summary>
    public (SafetensorsFile File, TensorEntry Tensor)? Find(string name) =>
        _fileOf.TryGetValue(name, out var file) ? (file, file[name]) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private void OpenShards(string index, FileReading reading)
    {
        var map = ReadIndex(index);
        foreach (string shard in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string path = Path.Combine(Folder, shard);
            if (!File.Exists(path))
            {
                throw new ModelNotFoundException(
                    "a shard of the model is missing", path, $"the file named by {IndexFile}", hint: "download the folder again; it is incomplete");
            }

            Add(SafetensorsFile.Open(path, reading));
        }

        foreach (var (name, shard) in map)
        {
            if (!_fileOf.TryGetValue(name, out var file) || Path.GetFileName(file.Path) != shard)
            {
                throw new ModelFormatException(
                    "the index names a tensor its shard does not hold", index, $"{name} in {shard}", file is null ? "nowhere" : $"in {Path.GetFileName(file.Path)}");
            }
        }

        string? extra = _fileOf.Keys.FirstOrDefault(name => !map.ContainsKey(name));
        if (extra is not null)
            throw new ModelFormatException("a shard holds a tensor the index does not name", _fileOf[extra].Path, $"only tensors of {IndexFile}", extra);
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (var tensor in file.Tensors)
        {
            if (_fileOf.TryAdd(tensor.Name, file)) continue;
            throw new ModelFormatException("two shards hold the same tensor", file.Path, "every tensor once", $"{tensor.Name}, also in {_fileOf[tensor.Name].Path}");
        }
    }

    private static Dictionary<string, string> ReadIndex(string index)
    {
        using var json = JsonFile.Parse(index);
        if (json.RootElement.ValueKind != JsonValueKind.Object
            || !json.RootElement.TryGetProperty("weight_map", out var weights)
            || weights.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException("the index of a sharded model has no weight map", index, "{\"weight_map\": {tensor: file}}");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in weights.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            bool plain = shard is not null
                && shard.EndsWith(".safetensors", StringComparison.Ordinal)
                && shard.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
                && shard[0] != '.';
            if (!plain)
            {
                throw new ModelFormatException(
                    "the index names a shard that is no plain file name", index, "letters, digits, '-', '_' and '.', ending in .safetensors", $"{entry.Name}: {entry.Value}");
            }

            map.Add(entry.Name, shard!);
        }

        return map;
    }

    private static ModelNotFoundException Missing(string folder)
    {
        bool pickled = Directory.EnumerateFiles(folder, "*.bin").Any();
        return new ModelNotFoundException(
            "the model folder has no safetensors weights",
            folder,
            $"{SingleFile} or {IndexFile}",
            pickled ? "PyTorch .bin files, which can run code when they are read" : null,
            pickled
                ? "take a revision with safetensors, or convert it: AutoModelForCausalLM.from_pretrained(...).save_pretrained(..., safe_serialization=True)"
                : "check the path");
    }
}
