using System.Text.Json.Nodes;
using Babel.Model.Files;

namespace Babel.Model.Tests;

/// <summary>A golden model with edits, written to a folder of the test.</summary>
internal sealed class EditedModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EditedModel(string golden)
    {
        Config = JsonNode.Parse(System.IO.File.ReadAllText(System.IO.Path.Combine(Fixtures.Golden(golden), "config.json")))!.AsObject();
        using var file = SafetensorsFile.Open(System.IO.Path.Combine(Fixtures.Golden(golden), "model.safetensors"));
        foreach (var tensor in file.Tensors)
        {
            byte[] data = new byte[tensor.Bytes];
            file.Read(tensor, 0, data);
            Tensors.Add(tensor.Name, new NamedTensor(tensor.Name, tensor.DType, tensor.Shape, data));
        }
    }

    public JsonObject Config { get; }

    public Dictionary<string, NamedTensor> Tensors { get; } = new(StringComparer.Ordinal);

    public string Path => _folder.Path;

    public string File(string name) => _folder.File(name);

    public EditedModel Set(string key, JsonNode? value)
    {
        Config[key] = value;
        return this;
    }

    public void Rename(string from, string to)
    {
        Tensors[to] = Tensors[from] with { Name = to };
        Tensors.Remove(from);
    }

    public float[] Floats(string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Tensors[name].Data.Span).ToArray();

    public void Put(string name, float[] values, params long[] shape) => Tensors[name] = NamedTensor.Of(name, values, shape);

    /// <summary>Writes configuration and weights; returns the folder.</summary>
    public string Write()
    {
        System.IO.File.WriteAllText(File("config.json"), Config.ToJsonString());
        SafetensorsWriter.Write(File("model.safetensors"), Tensors.Values);
        return Path;
    }

    public void Dispose() => _folder.Dispose();
}
