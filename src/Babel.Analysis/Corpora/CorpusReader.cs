using System.Text.Json;
using System.Text.RegularExpressions;
using Babel.Model.Errors;

namespace Babel.Analysis.Corpora;

/// <summary>Finds the files of a corpus and turns their lines into documents.</summary>
internal static partial class CorpusReader
{
    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static Corpus Read(string path, IReadOnlyCollection<string>? languages)
    {
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        var documents = new List<Document>();
        bool Wanted(string language) => languages is null || languages.Contains(language, StringComparer.Ordinal);
        foreach (string file in Files(path))
        {
            if (file.EndsWith(".jsonl", StringComparison.Ordinal))
                documents.AddRange(JsonLines(file, next).Where(d => Wanted(d.Language)));
            else if (LanguageOf(file) is var language && Wanted(language))
                documents.AddRange(TextLines(file, language, next));
        }

        if (documents.Count == 0)
        {
            throw new ModelFormatException(
                "a corpus holds no document", where: path, expected: "at least one line that is not blank");
        }

        string[] missing = languages is null ? [] : [.. languages.Where(l => documents.All(d => d.Language != l))];
        if (missing.Length > 0)
        {
            throw new ModelNotFoundException(
                "a corpus has no document in a wanted language", where: path, expected: string.Join(", ", missing),
                found: string.Join(", ", documents.Select(d => d.Language).Distinct(StringComparer.Ordinal)));
        }

        return new Corpus(documents);
    }

    /// <summary>The files a path stands for, in the order in which they are read.</summary>
    public static string[] Files(string path)
    {
        if (File.Exists(path)) return [path];
        string name = Path.GetFileName(path);
        bool pattern = name.Contains('*', StringComparison.Ordinal) || name.Contains('?', StringComparison.Ordinal);
        string folder = pattern ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        string[] files = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, pattern ? name : "*")
                .Where(f => f.EndsWith(".txt", StringComparison.Ordinal) || f.EndsWith(".jsonl", StringComparison.Ordinal))]
            : [];
        if (files.Length == 0)
        {
            throw new ModelNotFoundException(
                "there is no corpus", where: path, expected: "NAME.LANG.txt files (one document a line) or *.jsonl with text and lang",
                found: Directory.Exists(folder) ? "no such file in the folder" : "no such file or folder");
        }

        Array.Sort(files, (a, b) => string.CompareOrdinal(Path.GetFileName(a), Path.GetFileName(b)));
        return files;
    }

    private static string LanguageOf(string file)
    {
        var match = TextName().Match(Path.GetFileName(file));
        return match.Success
            ? match.Groups["language"].Value
            : throw new ModelFormatException(
                "a corpus file's name says no language", where: file, expected: "NAME.LANG.txt, for example parallel.de.txt, or *.jsonl",
                found: Path.GetFileName(file), hint: "rename it, move it out of the folder, or name the files wanted by a pattern");
    }

    private static IEnumerable<Document> TextLines(string file, string language, Dictionary<string, int> next)
    {
        int first = next.GetValueOrDefault(language), lines = 0;
        foreach (var (number, text) in Utf8Lines.Read(file))
        {
            lines = number + 1;
            if (!string.IsNullOrWhiteSpace(text)) yield return new Document(language, checked(first + number), text);
        }

        next[language] = first + lines;
    }

    private static IEnumerable<Document> JsonLines(string file, Dictionary<string, int> next)
    {
        foreach (var (number, line) in Utf8Lines.Read(file))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            var (text, language) = Fields(line, $"{file}, line {number + 1}");
            if (string.IsNullOrWhiteSpace(text)) continue;
            int index = next.GetValueOrDefault(language);
            next[language] = index + 1;
            yield return new Document(language, index, text);
        }
    }

    private static (string Text, string Language) Fields(string line, string where)
    {
        try
        {
            using var json = JsonDocument.Parse(line, StrictJson);
            string text = String(json.RootElement, "text", where);
            string language = String(json.RootElement, "lang", where);
            return LanguageCode().IsMatch(language)
                ? (text, language)
                : throw new ModelFormatException("a document's language is no code", where, "letters, digits, - and _", language);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(
                "a line of a corpus is no JSON document", where, "an object with the strings text and lang", e.Message, inner: e);
        }
    }

    private static string String(JsonElement line, string name, string where) =>
        line.ValueKind == JsonValueKind.Object && line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new ModelFormatException(
                $"a line of a corpus has no string '{name}'", where, "an object with the strings text and lang",
                line.ValueKind == JsonValueKind.Object ? string.Join(", ", line.EnumerateObject().Select(p => p.Name)) : line.ValueKind.ToString());

    [GeneratedRegex(@"\A.+\.(?<language>[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*)\.txt\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TextName();

    [GeneratedRegex(@"\A[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LanguageCode();
}
