namespace Babel.Testing;

/// <summary>Where the committed and the optional test data lie.</summary>
public static class Fixtures
{
    /// <summary>The repository's root: the folder above the test assembly that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A committed fixture.</summary>
    public static string Golden(string folder) => Path.Combine(Root, "tests", "fixtures", "golden", folder);

    /// <summary>Data that is not part of the repository, or null.</summary>
    public static string? Shared(string folder)
    {
        string path = Path.GetFullPath(Path.Combine(Root, "..", "shared", folder));
        return Directory.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Babel.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("no Babel.sln above " + AppContext.BaseDirectory);
    }
}
