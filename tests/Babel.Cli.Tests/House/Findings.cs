using Xunit;

namespace Babel.Cli.Tests.House;

/// <summary>An assertion that shows every finding, not the first few letters of the first.</summary>
internal static class Findings
{
    /// <summary>Fails with all of them, a line each.</summary>
    public static void None(IEnumerable<string> findings)
    {
        var all = findings.ToList();
        Assert.True(all.Count == 0, $"{all.Count} findings:\n  {string.Join("\n  ", all)}");
    }
}
