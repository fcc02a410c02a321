namespace Babel.Analysis.Planning;

/// <summary>How much memory a run may use when nobody says.</summary>
public static class MemoryBudget
{
    private const double Share = 0.8;

    /// <summary>Four fifths of the memory this process may use: of the machine, or of its container. The rest is the system's, and the page cache's.</summary>
    public static long Default => (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * Share);
}
