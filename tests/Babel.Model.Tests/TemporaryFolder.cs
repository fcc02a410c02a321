namespace Babel.Model.Tests;

/// <summary>A folder of one test, removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("babel-test-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Copies the files of a folder here.</summary>
    public TemporaryFolder CopyOf(string folder)
    {
        foreach (string file in Directory.GetFiles(folder)) System.IO.File.Copy(file, File(System.IO.Path.GetFileName(file)));
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
