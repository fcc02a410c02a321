namespace Babel.Cli.Tests.House;

/// <summary>The files of this repository, as they lie in the working tree.</summary>
internal static class Repository
{
    private static readonly string[] Ignored = ["bin", "obj", "artifacts", "runs", "TestResults", "BenchmarkDotNet.Artifacts", ".git", ".vs", ".idea"];

    /// <summary>The folder that holds Babel.sln.</summary>
    public static string Root => Fixtures.Root;

    /// <summary>Files below a folder, relative to <see cref="Root"/> with forward slashes, build outputs left out.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*")
    {
        string start = Path.Combine(Root, folder);
        return Directory.Exists(start) ? Walk(start, pattern).Order(StringComparer.Ordinal) : [];
    }

    /// <summary>C# files that people write.</summary>
    public static IEnumerable<string> Code(params string[] folders) =>
        folders.SelectMany(f => Files(f, "*.cs")).Where(f => !f.EndsWith(".g.cs", StringComparison.Ordinal));

    /// <summary>The text of a file.</summary>
    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    /// <summary>The lines of a C# file without its comments, so that prose is not taken for code.</summary>
    public static IEnumerable<string> CodeLines(string relative)
    {
        foreach (string line in Read(relative).ReplaceLineEndings("\n").Split('\n'))
        {
            int comment = line.IndexOf("//", StringComparison.Ordinal);
            yield return comment < 0 ? line : line[..comment];
        }
    }

    private static IEnumerable<string> Walk(string folder, string pattern)
    {
        foreach (string file in Directory.EnumerateFiles(folder, pattern))
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (Ignored.Contains(Path.GetFileName(child), StringComparer.Ordinal)) continue;
            foreach (string file in Walk(child, pattern)) yield return file;
        }
    }
}
