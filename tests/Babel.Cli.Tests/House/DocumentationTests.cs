using System.Text.RegularExpressions;
using Xunit;

namespace Babel.Cli.Tests.House;

/// <summary>What the documents say exists, exists; what exists, they say.</summary>
public sealed partial class DocumentationTests
{
    private static IEnumerable<Babel.Cli.Commands.ICommand> Commands => App.All.SelectMany(c => c.Subcommands.Prepend(c));

    [Fact]
    public void Readme_BeginsWithItsTwoCommands_AndTheyExist()
    {
        string[] lines = Repository.Read("README.md").Split('\n');
        int first = Array.FindIndex(lines, l => l.Trim() == "dotnet run -c Release --project src/Babel.Cli -- study");
        int second = Array.FindIndex(lines, l => l.Trim() == "dotnet run eng/test.cs");
        Assert.InRange(first, 0, 30);
        Assert.InRange(second, first, 30);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "src/Babel.Cli/Babel.Cli.csproj")));
        Assert.True(File.Exists(Path.Combine(Repository.Root, "eng/test.cs")));
        Assert.Contains("dotnet run eng/test.cs", Repository.Read(".ci/run"), StringComparison.Ordinal);
    }

    [Fact]
    public void CliPage_DescribesEveryCommand()
    {
        string page = Repository.Read("docs/cli.md");
        Assert.All(Commands, c => Assert.Contains($"## babel {c.Name}\n", page, StringComparison.Ordinal));
    }

    [Fact]
    public void CliPage_DescribesEveryOption()
    {
        string page = Repository.Read("docs/cli.md");
        var missing = new List<string>();
        foreach (var command in Commands)
        {
            var node = new System.CommandLine.Command(command.Name.Split(' ')[^1], command.Summary);
            command.Declare(node);
            int start = page.IndexOf($"## babel {command.Name}\n", StringComparison.Ordinal);
            int end = page.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
            string section = page[start..(end < 0 ? page.Length : end)];
            missing.AddRange(node.Options.Where(o => !section.Contains($"`{o.Name}", StringComparison.Ordinal)).Select(o => $"{command.Name} {o.Name}"));
        }

        Findings.None(missing);
    }

    [Fact]
    public void CliPage_ListsEveryExitCodeWithItsMeaning()
    {
        string page = Repository.Read("docs/cli.md");
        Assert.All(ExitCodes.All, e => Assert.Contains($"| {e.Code} | {e.Meaning} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Links_LeadSomewhere()
    {
        var broken = new List<string>();
        foreach (string page in Repository.Files("docs", "*.md").Concat(Repository.Files("samples", "*.md")).Append("README.md"))
        {
            foreach (Match link in RelativeLink().Matches(Repository.Read(page)))
            {
                string target = Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, link.Groups[1].Value);
                if (!File.Exists(target) && !Directory.Exists(target)) broken.Add($"{page} -> {link.Groups[1].Value}");
            }
        }

        Findings.None(broken);
    }

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)[^)]*\)")]
    private static partial Regex RelativeLink();
}
