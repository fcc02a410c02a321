namespace Babel.Cli.Output;

/// <summary>A column of a <see cref="Table"/>.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Right">Numbers stand right, words left.</param>
internal readonly record struct Column(string Title, bool Right)
{
    /// <summary>A column of words.</summary>
    public static Column Text(string title) => new(title, Right: false);

    /// <summary>A column of numbers.</summary>
    public static Column Number(string title) => new(title, Right: true);
}
