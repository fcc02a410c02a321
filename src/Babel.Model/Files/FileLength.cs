namespace Babel.Model.Files;

/// <summary>How long files are. The hub's cache is made of links, and the length of a link is not that of its file.</summary>
public static class FileLength
{
    /// <summary>Bytes of a file, or of the file a link leads to in the end.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static long Of(string path) =>
        new FileInfo(path) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
}
