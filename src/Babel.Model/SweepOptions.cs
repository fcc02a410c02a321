namespace Babel.Model;

/// <summary>Where a layer-major sweep keeps hidden states between layers; none of it changes a bit of a result.</summary>
public sealed record SweepOptions
{
    /// <summary>Everything in memory.</summary>
    public static SweepOptions InMemory { get; } = new();

    /// <summary>Bytes of hidden states that may stay in memory; what goes beyond is spooled to a temporary file.</summary>
    public long ResidentBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// Bytes the temporary file may grow to. A sweep takes no notice; those who divide the work into sweeps do. Default 16 GiB, or half of what is
    /// free in the folder if that is less.
    /// </summary>
    public long SpoolBytes { get; init; } = DefaultSpoolBytes(Path.GetTempPath());

    /// <summary>The folder of the temporary file; the system's (<c>TMPDIR</c>, <c>TEMP</c>) by default.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>Bytes of a spooled state that are on the way to the file, or from it, at a time.</summary>
    internal const long PieceBytes = 8 << 20;

    /// <summary>Bytes of memory that spooled states take in flight: one of them, and a piece of it on its way.</summary>
    /// <param name="rows">Token rows of the largest batch.</param>
    /// <param name="stateBytes">Bytes of a row's hidden state.</param>
    public static long WorkingBytes(long rows, long stateBytes) => (rows * stateBytes) + Math.Min(rows * stateBytes, Math.Max(PieceBytes, stateBytes));

    /// <summary>All a sweep may keep between layers.</summary>
    public long MostBytes => ResidentBytes > long.MaxValue - SpoolBytes ? long.MaxValue : ResidentBytes + SpoolBytes;

    /// <summary>The limit of the temporary file in a folder.</summary>
    public static long DefaultSpoolBytes(string folder)
    {
        const long most = 16L << 30;
        try
        {
            return Math.Min(most, new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace / 2);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return most;
        }
    }
}
