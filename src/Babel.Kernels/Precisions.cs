namespace Babel.Kernels;

/// <summary>The words for <see cref="Precision"/> on command lines and in files.</summary>
public static class Precisions
{
    /// <summary><c>exact</c> or <c>fast</c>.</summary>
    public static string Word(this Precision precision) => precision == Precision.Fast ? "fast" : "exact";

    /// <summary>Reads a word; false when it is neither.</summary>
    public static bool TryParse(string word, out Precision precision)
    {
        precision = word == "fast" ? Precision.Fast : Precision.Exact;
        return word is "fast" or "exact";
    }
}
