using System.Text.RegularExpressions;
using Xunit;

namespace Babel.Cli.Tests.House;

/// <summary>Where a thing is, follows from its name.</summary>
public sealed partial class LayoutTests
{
    private const int LongestFile = 500;

    // Files that may hold a further public type: an enum and the methods that extend it.
    private static readonly Dictionary<string, string[]> Companions = new(StringComparer.Ordinal)
    {
        ["src/Babel.Analysis/Selection/NeuronGroup.cs"] = ["NeuronGroups"],
    };

    [Fact]
    public void Namespace_IsTheFolder()
    {
        var wrong = new List<string>();
        foreach (string file in Repository.Code("src", "tests", "bench"))
        {
            var declared = Repository.CodeLines(file).Select(line => FileNamespace().Match(line)).FirstOrDefault(m => m.Success);
            string expected = Path.GetDirectoryName(file)!.Replace('\\', '/').Split('/', 2)[1].Replace('/', '.');
            string found = declared?.Groups[1].Value ?? "";
            // A file of assembly attributes or global usings has none.
            if (found.Length == 0 && !Repository.CodeLines(file).Any(line => PublicType().IsMatch(line))) continue;
            if (found != expected) wrong.Add($"{file}: {found}, not {expected}");
        }

        Findings.None(wrong);
    }

    [Fact]
    public void PublicType_HasItsOwnFile()
    {
        var wrong = new List<string>();
        foreach (string file in Repository.Code("src"))
        {
            string name = Path.GetFileName(file).Split('.')[0];
            string[] more = Companions.GetValueOrDefault(file, []);
            wrong.AddRange(Repository.CodeLines(file).Select(line => PublicType().Match(line)).Where(m => m.Success)
                .Select(m => m.Groups[1].Value).Where(type => type != name && !more.Contains(type, StringComparer.Ordinal))
                .Select(type => $"{file} declares {type}"));
        }

        Findings.None(wrong);
    }

    [Fact]
    public void File_IsNotTooLong()
    {
        var tooLong = Repository.Code("src", "tests", "bench", "eng")
            .Select(file => (file, lines: Repository.Read(file).Count(c => c == '\n')))
            .Where(f => f.lines > LongestFile)
            .Select(f => $"{f.file}: {f.lines} lines");
        Findings.None(tooLong);
    }

    [Fact]
    public void Code_HasNoLooseEnds()
    {
        var ends = Repository.Code("src", "bench", "eng")
            .Where(file => Repository.Read(file) is var text && LooseEnd().IsMatch(text));
        Findings.None(ends);
    }

    [Fact]
    public void Text_NamesNoMachineAndNoRegistry()
    {
        var named = new[] { "src", "tests", "bench", "docs", "samples", "eng", ".ci" }.SelectMany(folder => Repository.Files(folder))
            .Concat(Directory.EnumerateFiles(Repository.Root).Select(file => Path.GetFileName(file)!).Where(file => file != ".git"))
            .Where(IsText)
            .Where(file => Machine().IsMatch(Repository.Read(file)));
        Findings.None(named);
    }

    private static bool IsText(string file) => Path.GetExtension(file) switch
    {
        ".safetensors" or ".model" or ".npz" or ".bin" => false,
        _ => !file.EndsWith("packages.lock.json", StringComparison.Ordinal),
    };

    [GeneratedRegex(@"^namespace ([\w.]+);")]
    private static partial Regex FileNamespace();

    [GeneratedRegex(@"^public (?:(?:sealed|static|abstract|readonly|partial|ref|unsafe) )*(?:class|record struct|record class|record|struct|interface|enum) (\w+)")]
    private static partial Regex PublicType();

    [GeneratedRegex("NotImplementedException|\\bTO" + "DO\\b|\\bFIX" + "ME\\b|\\bHACK\\b")]
    private static partial Regex LooseEnd();

    // Written in pieces, so that this file does not find itself.
    [GeneratedRegex("(^|[^A-Za-z0-9_.])/(wo" + "rk|fa" + "rm|ho" + "me|ro" + "ot)/|https?://[a-z0-9.]*(nu" + "get|deb" + "ian|npm" + "js)\\.")]
    private static partial Regex Machine();
}
