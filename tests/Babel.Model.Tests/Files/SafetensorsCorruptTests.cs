using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Files;
using Xunit;

namespace Babel.Model.Tests.Files;

/// <summary>Hostile files with verdicts of the reference implementation.</summary>
public sealed class SafetensorsCorruptTests
{
    private static readonly string s_folder = Fixtures.Golden("safetensors_corrupt");

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, "manifest.json")));
        foreach (var entry in json.RootElement.EnumerateArray()) data.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("expect").GetString()!);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_FileOfManifest_IsJudgedAsExpected(string file, string expect)
    {
        foreach (var reading in Enum.GetValues<FileReading>())
        {
            var error = Record.Exception(() =>
            {
                using var opened = SafetensorsFile.Open(Path.Combine(s_folder, file), reading);
                foreach (var tensor in opened.Tensors) opened.Read(tensor, 0, new byte[tensor.Bytes]);
            });
            if (expect == "accept")
            {
                Assert.Null(error);
                continue;
            }

            var format = Assert.IsType<ModelFormatException>(error);
            Assert.Contains(file, format.Where, StringComparison.Ordinal);
            Assert.NotNull(format.Expected);
            Assert.NotNull(format.Found);
        }
    }

    [Fact]
    public void Open_RejectedFiles_SayDifferentThings()
    {
        var messages = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var row in Cases())
        {
            string file = (string)row[0];
            if ((string)row[1] == "accept") continue;
            var error = Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(Path.Combine(s_folder, file)));
            string what = $"{error.What}|{error.Expected}|{error.Found}";
            if (!messages.TryGetValue(what, out var list)) messages.Add(what, list = []);
            list.Add(file);
        }

        // Files that differ only in where the same fault stands may share a message; nothing generic covers many.
        Assert.All(messages, m => Assert.True(m.Value.Count <= 3, $"{m.Key}: {string.Join(' ', m.Value)}"));
        Assert.True(messages.Count > 70, $"{messages.Count} messages");
    }
}
