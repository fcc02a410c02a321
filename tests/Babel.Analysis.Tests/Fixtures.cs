namespace Babel.Analysis.Tests;

/// <summary>Where the data of tests lies.</summary>
internal static class Fixtures
{
    /// <summary>The repository's root: the folder above the test assembly that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>A committed fixture.</summary>
    public static string Golden(string name) => Path.Combine(Root, "tests", "fixtures", "golden", name);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Babel.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("no Babel.sln above " + AppContext.BaseDirectory);
    }
}
