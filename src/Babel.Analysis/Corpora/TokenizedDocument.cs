namespace Babel.Analysis.Corpora;

/// <summary>
/// A document as token ids. One that is longer than the model's context lies in several windows, each run on its own; nothing is
/// cut off. The begin-of-sequence id, where the tokenizer adds one, stands at the head of every window.
/// </summary>
/// <param name="Document">The text it came from.</param>
/// <param name="Windows">The ids, window by window, none empty.</param>
public sealed record TokenizedDocument(Document Document, IReadOnlyList<int[]> Windows)
{
    /// <summary>T, the token rows the model sees: repeated begin-of-sequence ids are counted.</summary>
    public int Tokens { get; } = Windows.Sum(w => w.Length);

    /// <summary>
    /// Splits ids into windows of at most <paramref name="context"/>. If the first id is <paramref name="bos"/>, every later window
    /// starts with it too, so no window begins with a token the model has never seen in first place. Windows do not overlap otherwise.
    /// </summary>
    /// <param name="ids">The document's ids with its special tokens.</param>
    /// <param name="context">The most tokens a window may have, at least 2.</param>
    /// <param name="bos">The begin-of-sequence id, or null.</param>
    public static IReadOnlyList<int[]> Split(ReadOnlySpan<int> ids, int context, int? bos)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        if (ids.Length <= context) return ids.IsEmpty ? [] : [ids.ToArray()];
        bool repeat = ids[0] == bos;
        var windows = new List<int[]> { ids[..context].ToArray() };
        int body = repeat ? context - 1 : context;
        for (int at = context; at < ids.Length; at += body)
        {
            var rest = ids.Slice(at, Math.Min(body, ids.Length - at));
            windows.Add(repeat ? [bos!.Value, .. rest] : rest.ToArray());
        }

        return windows;
    }
}
