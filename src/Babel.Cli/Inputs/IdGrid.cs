using System.Globalization;
using System.Text.Json;
using Babel.Cli.Options;

namespace Babel.Cli.Inputs;

/// <summary>
/// Rows of whole numbers from the command line: <c>"1 2 3;4 5"</c> (spaces or commas within a row, semicolons between rows), or JSON,
/// <c>[[1,2,3],[4,5]]</c> or <c>[1,2,3]</c>.
/// </summary>
internal static class IdGrid
{
    /// <summary>Reads the rows of an option.</summary>
    /// <exception cref="UsageException">Not numbers, or an empty row.</exception>
    public static int[][] Parse(string option, string text)
    {
        int[][] rows = text.TrimStart().StartsWith('[') ? ParseJson(option, text) : [.. text.Split(';').Select(row => ParseRow(option, row))];
        if (rows.Length == 0 || Array.Exists(rows, row => row.Length == 0))
            throw new UsageException($"{option}: a row has no number in it");
        return rows;
    }

    /// <summary>
    /// Puts rows into a rectangle, shorter ones to the right: [B, T] and the mask that says what is not padding, null when nothing is.
    /// </summary>
    public static (int[,] Ids, int[,]? Mask) PadLeft(int[][] rows)
    {
        int longest = rows.Max(row => row.Length);
        var ids = new int[rows.Length, longest];
        var mask = new int[rows.Length, longest];
        for (int b = 0; b < rows.Length; b++)
        {
            int pad = longest - rows[b].Length;
            for (int t = 0; t < rows[b].Length; t++)
            {
                ids[b, pad + t] = rows[b][t];
                mask[b, pad + t] = 1;
            }
        }

        return (ids, Array.Exists(rows, row => row.Length < longest) ? mask : null);
    }

    /// <summary>Rows that have to fill a rectangle of the shape of <paramref name="like"/>.</summary>
    /// <exception cref="UsageException">Another shape.</exception>
    public static int[,] Rectangle(string option, int[][] rows, int[,] like)
    {
        int height = like.GetLength(0), width = like.GetLength(1);
        if (rows.Length != height || Array.Exists(rows, row => row.Length != width))
            throw new UsageException($"{option} must have the shape of the ids, {height} rows of {width}");
        var grid = new int[height, width];
        for (int b = 0; b < height; b++)
        {
            for (int t = 0; t < width; t++) grid[b, t] = rows[b][t];
        }

        return grid;
    }

    private static int[] ParseRow(string option, string row) =>
        [.. row.Split([' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => ParseNumber(option, word))];

    private static int ParseNumber(string option, string word) =>
        int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n)
            ? n
            : throw new UsageException($"{option}: '{word}' is not a whole number");

    private static int[][] ParseJson(string option, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var items = document.RootElement.EnumerateArray().ToList();
            return items.Exists(i => i.ValueKind == JsonValueKind.Array) ? [.. items.Select(Row)] : [Row(document.RootElement)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new UsageException($"{option}: not a JSON array of whole numbers, or of such arrays");
        }

        static int[] Row(JsonElement row) => [.. row.EnumerateArray().Select(n => n.GetInt32())];
    }
}
