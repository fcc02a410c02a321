namespace Babel.Analysis.Plnd;

/// <summary>The largest entries of a row, ties to the lower index, without sorting the row.</summary>
public static class TopK
{
    /// <summary>
    /// Calls <paramref name="hits"/>[i]++ for the <paramref name="count"/> largest entries. <paramref name="scratch"/> has the row's length.
    /// </summary>
    public static void CountHits(ReadOnlySpan<float> row, int count, Span<float> scratch, Span<int> hits)
    {
        if (count <= 0) return;
        if (count >= row.Length)
        {
            foreach (ref int hit in hits) hit++;
            return;
        }

        row.CopyTo(scratch);
        float threshold = Select(scratch, count - 1);
        int above = 0;
        foreach (float value in row)
        {
            if (value > threshold) above++;
        }

        int ties = count - above;
        for (int i = 0; i < row.Length; i++)
        {
            if (row[i] > threshold || (row[i] == threshold && ties-- > 0)) hits[i]++;
        }
    }

    /// <summary>The value that would stand at <paramref name="rank"/> (0 the largest) were the values sorted; reorders them (Hoare 1961).</summary>
    public static float Select(Span<float> values, int rank)
    {
        int low = 0, high = values.Length - 1;
        while (low < high)
        {
            float pivot = values[low + ((high - low) / 2)];
            int i = low - 1, j = high + 1;
            while (true)
            {
                do i++; while (values[i] > pivot);
                do j--; while (values[j] < pivot);
                if (i >= j) break;
                (values[i], values[j]) = (values[j], values[i]);
            }

            if (rank <= j) high = j;
            else low = j + 1;
        }

        return values[rank];
    }
}
