namespace Babel.Model.Tokenizers.Bpe;

/// <summary>
/// Merges the symbols of one word: again and again the pair of lowest rank, the leftmost among equals, until none is
/// left. Short words by looking at all pairs each time; long ones (a whole line, in the SentencePiece manner) with a
/// heap over a linked list, O(n log n). One instance serves one thread.
/// </summary>
internal sealed class PairMerger
{
    /// <summary>Up to here a scan of all ranks is quicker than a heap.</summary>
    public const int ShortWord = 48;

    private readonly PriorityQueue<Candidate, long> _queue = new();
    private int[] _symbols = new int[256];
    private int[] _ranks = new int[256];
    private int[] _made = new int[256];
    private int[] _next = new int[256];
    private int[] _previous = new int[256];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Symbols => _symbols.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int symbol)
    {
        if (Count == _symbols.Length) Grow();
        _symbols[Count++] = symbol;
    }

    /// <param name="pairs">The merges.</param>
    /// <param name="trace">Where given, told for each pair that could be merged, in order, what it makes and of what.</param>
    public void Run(PairTable pairs, Dictionary<int, (int Left, int Right)>? trace = null)
    {
        if (Count <= ShortWord && trace is null) RunShort(pairs);
        else RunLong(pairs, trace);
    }

    internal void RunShort(PairTable pairs)
    {
        var symbols = _symbols;
        var ranks = _ranks;
        var made = _made;
        var count = Count;
        for (var i = 0; i + 1 < count; i++) Look(pairs, i, i + 1);
        while (count > 1)
        {
            var best = int.MaxValue;
            var at = -1;
            for (var i = 0; i + 1 < count; i++)
            {
                if (ranks[i] < best)
                {
                    best = ranks[i];
                    at = i;
                }
            }

            if (at < 0) break;
            symbols[at] = made[at];
            count--;
            var tail = count - at - 1;
            Array.Copy(symbols, at + 2, symbols, at + 1, tail);
            Array.Copy(ranks, at + 2, ranks, at + 1, tail);
            Array.Copy(made, at + 2, made, at + 1, tail);
            if (at > 0) Look(pairs, at - 1, at);
            if (at + 1 < count) Look(pairs, at, at + 1);
        }

        Count = count;
    }

    internal void RunLong(PairTable pairs, Dictionary<int, (int Left, int Right)>? trace)
    {
        _queue.Clear();
        for (var i = 0; i < Count; i++)
        {
            _next[i] = i + 1 < Count ? i + 1 : -1;
            _previous[i] = i - 1;
        }

        for (var i = 0; i + 1 < Count; i++) Propose(pairs, trace, i, i + 1);
        while (_queue.TryDequeue(out var c, out _))
        {
            // A candidate is stale when either of its symbols has merged since; merged-away symbols are -2.
            var right = _next[c.At];
            if (_symbols[c.At] != c.Left || right < 0 || _symbols[right] != c.Right) continue;
            _symbols[c.At] = c.Made;
            _symbols[right] = -2;
            var after = _next[right];
            _next[c.At] = after;
            if (after >= 0) _previous[after] = c.At;
            if (_previous[c.At] >= 0) Propose(pairs, trace, _previous[c.At], c.At);
            if (after >= 0) Propose(pairs, trace, c.At, after);
        }

        var kept = 0;
        for (var i = 0; i >= 0 && i < Count; i = _next[i]) _symbols[kept++] = _symbols[i];
        Count = kept;
    }

    private void Look(PairTable pairs, int left, int right)
    {
        var found = pairs.TryGet(_symbols[left], _symbols[right], out var merge);
        _ranks[left] = found ? merge.Rank : int.MaxValue;
        _made[left] = merge.Id;
    }

    private void Propose(PairTable pairs, Dictionary<int, (int Left, int Right)>? trace, int left, int right)
    {
        var (a, b) = (_symbols[left], _symbols[right]);
        if (!pairs.TryGet(a, b, out var merge)) return;
        if (trace is not null) trace[merge.Id] = (a, b);
        _queue.Enqueue(new Candidate(left, a, b, merge.Id), ((long)merge.Rank << 32) | (uint)left);
    }

    private void Grow()
    {
        var size = checked(_symbols.Length * 2);
        Array.Resize(ref _symbols, size);
        Array.Resize(ref _ranks, size);
        Array.Resize(ref _made, size);
        Array.Resize(ref _next, size);
        Array.Resize(ref _previous, size);
    }

    private readonly record struct Candidate(int At, int Left, int Right, int Made);
}
