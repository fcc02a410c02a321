namespace Babel.Model.Files;

/// <summary>How a large file is read.</summary>
public enum FileReading
{
    /// <summary>Mapped into memory; the system's page cache is the only copy.</summary>
    Mapped,

    /// <summary>Read at offsets: for file systems that do not map, and for files another process may cut short.</summary>
    Positioned,
}
