namespace Babel.Bench;

/// <summary>The options of the races, as simple as a tool for ourselves may be.</summary>
internal static class Arguments
{
    /// <summary>The word behind <paramref name="name"/>, or null.</summary>
    public static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
