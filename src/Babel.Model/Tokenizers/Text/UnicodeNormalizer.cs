namespace Babel.Model.Tokenizers.Text;

/// <summary>
/// Unicode normalization on UTF-8 (UAX #15): decompose, order by combining class, compose. Runs of characters that
/// cannot change are copied.
/// </summary>
internal static class UnicodeNormalizer
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    /// <summary>Appends the normalized text; returns false, and appends nothing, where the text is normalized already.</summary>
    public static bool Apply(ReadOnlySpan<byte> text, UnicodeForm form, ByteBuffer output)
    {
        var at = NextChange(text, 0, form);
        if (at == text.Length) return false;
        var tables = UnicodeTables.Shared;
        var points = new List<int>();
        var copied = 0;
        while (at < text.Length)
        {
            // The piece to work on: from the last inert character before the change to the next one after it.
            var start = at > copied ? Utf8.StartOfLast(text, at) : at;
            var end = at;
            while (end < text.Length)
            {
                var length = Utf8.Decode(text, end, out var c);
                if (tables.IsInert(c, form)) break;
                end += length;
            }

            output.Append(text[copied..start]);
            Piece(text[start..end], form, points);
            foreach (var c in points) output.AppendCodePoint(c);
            copied = end;
            at = NextChange(text, end, form);
        }

        output.Append(text[copied..]);
        return true;
    }

    private static int NextChange(ReadOnlySpan<byte> text, int from, UnicodeForm form)
    {
        while (from < text.Length)
        {
            if (text[from] < 0x80)
            {
                from++;
                continue;
            }

            var length = Utf8.Decode(text, from, out var c);
            if (!UnicodeTables.Shared.IsInert(c, form)) return from;
            from += length;
        }

        return from;
    }

    private static void Piece(ReadOnlySpan<byte> text, UnicodeForm form, List<int> points)
    {
        points.Clear();
        var compatible = form is UnicodeForm.KC or UnicodeForm.KD;
        for (var i = 0; i < text.Length;)
        {
            i += Utf8.Decode(text, i, out var c);
            Decompose(c, compatible, points);
        }

        Order(points);
        if (form is UnicodeForm.C or UnicodeForm.KC) Compose(points);
    }

    private static void Decompose(int c, bool compatible, List<int> points)
    {
        var s = c - SBase;
        if ((uint)s < SCount)
        {
            points.Add(LBase + (s / (VCount * TCount)));
            points.Add(VBase + (s % (VCount * TCount) / TCount));
            if (s % TCount != 0) points.Add(TBase + (s % TCount));
            return;
        }

        if (UnicodeTables.Shared.Decompose(c, compatible) is { } parts) points.AddRange(parts);
        else points.Add(c);
    }

    // A stable insertion sort of each run of non-starters by combining class.
    private static void Order(List<int> points)
    {
        var tables = UnicodeTables.Shared;
        for (var i = 1; i < points.Count; i++)
        {
            var c = points[i];
            var k = tables.ClassOf(c);
            if (k == 0) continue;
            var j = i;
            while (j > 0 && tables.ClassOf(points[j - 1]) > k)
            {
                points[j] = points[j - 1];
                j--;
            }

            points[j] = c;
        }
    }

    private static void Compose(List<int> points)
    {
        var tables = UnicodeTables.Shared;
        int starter = -1, lastClass = -1, kept = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var c = points[i];
            var k = tables.ClassOf(c);
            // Blocked when something of the same or a higher class stands between the starter and this character.
            if (starter >= 0 && (lastClass == -1 || lastClass < k))
            {
                var joined = Join(points[starter], c, tables);
                if (joined >= 0)
                {
                    points[starter] = joined;
                    continue;
                }
            }

            if (k == 0)
            {
                starter = kept;
                lastClass = -1;
            }
            else
            {
                lastClass = k;
            }

            points[kept++] = c;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private static int Join(int first, int second, UnicodeTables tables)
    {
        if ((uint)(first - LBase) < LCount && (uint)(second - VBase) < VCount)
            return SBase + ((((first - LBase) * VCount) + (second - VBase)) * TCount);
        if ((uint)(first - SBase) < SCount && (first - SBase) % TCount == 0 && second > TBase && second < TBase + TCount)
            return first + (second - TBase);
        return tables.Compose(first, second);
    }
}
