using System.Text;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>Small tokenizers made by hand, in a temporary folder that goes with the test.</summary>
internal sealed class TokenizerFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("babel-tok-");

    public string Folder => _folder.FullName;

    public string Write(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>A tokenizer.json around a model.</summary>
    public static string Json(string model, string parts = "", string added = "") =>
        $$"""{"version": "1.0", {{parts}} "added_tokens": [{{added}}], "model": {{model}}}""";

    public static string Added(int id, string content, string flags = "") =>
        $$"""{"id": {{id}}, "content": "{{content}}", {{flags}} "special": true}""";

    /// <summary>A ModelProto: pieces (text, score, type), then whole trainer_spec and normalizer_spec messages.</summary>
    public static byte[] PieceModel((string Text, float Score, int Type)[] pieces, (int Field, int Value)[] trainer, (int Field, int Value)[] normalizer)
    {
        var output = new List<byte>();
        foreach (var (text, score, type) in pieces)
        {
            var piece = new List<byte>();
            Message(piece, 1, Encoding.UTF8.GetBytes(text));
            piece.Add((2 << 3) | 5);
            piece.AddRange(BitConverter.GetBytes(score));
            Integer(piece, 3, type);
            Message(output, 1, [.. piece]);
        }

        Message(output, 2, Integers(trainer));
        Message(output, 3, Integers(normalizer));
        return [.. output];
    }

    private static byte[] Integers((int Field, int Value)[] fields)
    {
        var message = new List<byte>();
        foreach (var (field, value) in fields) Integer(message, field, value);
        return [.. message];
    }

    private static void Message(List<byte> output, int field, byte[] content)
    {
        Varint(output, ((ulong)field << 3) | 2);
        Varint(output, (ulong)content.Length);
        output.AddRange(content);
    }

    private static void Integer(List<byte> output, int field, int value)
    {
        Varint(output, (ulong)field << 3);
        Varint(output, unchecked((ulong)(long)value));
    }

    private static void Varint(List<byte> output, ulong value)
    {
        for (; value >= 0x80; value >>= 7) output.Add((byte)(value | 0x80));
        output.Add((byte)value);
    }
}
