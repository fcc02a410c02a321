using System.Diagnostics;
using System.Globalization;

namespace Babel.Testing;

/// <summary>The files this process has open, by what Linux says.</summary>
public static class OpenFiles
{
    /// <summary>The lengths of those that lie, or lay before they lost their names, in a folder.</summary>
    public static IReadOnlyList<long> In(string folder) =>
        [.. Directory.GetFiles("/proc/self/fd").Where(link => IsIn(link, folder)).Select(LengthOf)];

    private static bool IsIn(string link, string folder)
    {
        try
        {
            return new FileInfo(link).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false; // It has just been closed.
        }
    }

    // Opening the link would meet the lock this process holds on the file.
    private static long LengthOf(string link)
    {
        string path = link.Replace("self", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        using var stat = Process.Start(new ProcessStartInfo("stat") { ArgumentList = { "-L", "-c", "%s", path }, RedirectStandardOutput = true, UseShellExecute = false })!;
        string length = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        return long.Parse(length, CultureInfo.InvariantCulture);
    }
}
