using System.Text.Json;
using Babel.Analysis.Errors;
using Babel.Model.Files;

namespace Babel.Analysis.Runs;

/// <summary>What is needed to repeat a run, and what it left. The only file of a run folder that holds times.</summary>
public sealed record RunManifest
{
    /// <summary>The version of the file.</summary>
    public const int CurrentFormat = 1;

    /// <summary>What kind of run: <c>study</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// Everything that determines the results, by name, as text: options, seeds, hashes of model, tokenizer and corpus files, device, version. Two
    /// runs with the same identity have the same results; a folder takes no other.
    /// </summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Identity { get; init; }

    /// <summary>Where and how it ran, which determines nothing: command line, paths, runtime, operating system, threads.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>Start and interruption stamps, UTC, ISO 8601, and seconds of each phase, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Times { get; init; } = [];

    /// <summary>The result files with the SHA-256 of their bytes; empty until the run is finished.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Outputs { get; init; } = [];

    /// <summary>Whether all results are there.</summary>
    public bool Finished { get; init; }

    /// <summary>Writes it, in one step.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using (var json = new Utf8JsonWriter(stream, JsonText.Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("format", CurrentFormat);
            json.WriteString("kind", Kind);
            json.WriteBoolean("finished", Finished);
            Section(json, "identity", Identity);
            Section(json, "environment", Environment);
            Section(json, "times", Times);
            Section(json, "outputs", Outputs);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads it.</summary>
    /// <exception cref="StoreCorruptException">It is not a manifest, or one of another version.</exception>
    public static RunManifest Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format != CurrentFormat)
            {
                throw new StoreCorruptException(
                    "a manifest is of another version", path, $"format {CurrentFormat}", $"format {format}",
                    "use the version of babel that wrote it, or another folder");
            }

            return new RunManifest
            {
                Kind = root.GetProperty("kind").GetString()!,
                Finished = root.GetProperty("finished").GetBoolean(),
                Identity = Pairs(root, "identity"),
                Environment = Pairs(root, "environment"),
                Times = Pairs(root, "times"),
                Outputs = Pairs(root, "outputs"),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new StoreCorruptException(
                "a manifest cannot be read", path, "the JSON object babel writes", e.Message, "use another folder", e);
        }
    }

    private static void Section(Utf8JsonWriter json, string name, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in pairs) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static List<KeyValuePair<string, string>> Pairs(JsonElement root, string name) =>
        [.. root.GetProperty(name).EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString() ?? ""))];
}
