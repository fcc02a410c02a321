using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// The texts that are being continued, and the batch of what is not yet in the cache: whole prompts at first, then a token each. From one token to the next the batch is
/// written over, and only the record of where the sequences lie is new; one is packed anew when a text has ended.
/// </summary>
internal sealed class RunningTexts(LanguageModel model, KvCache cache, IEnumerable<RunningText> texts) : IDisposable
{
    private readonly List<RunningText> _texts = [.. texts];
    private SequenceSpan[] _spans = [];
    private int[] _ids = [];
    private int[] _positions = [];
    private int[] _cacheRows = [];
    private Batch? _batch;
    private bool _single;

    public int Count => _texts.Count;

    public RunningText this[int index] => _texts[index];

    /// <summary>The tokens that are not in the cache; after a run they are.</summary>
    public Batch Next()
    {
        bool known = _single;
        Collect();
        var layout = new SequenceLayout(_spans);
        if (known && _batch!.Advance(model, layout, _ids, _positions, _cacheRows)) return _batch;
        _batch?.Dispose();
        _batch = null;
        return _batch = Batch.Create(model, new BatchRows
        {
            Layout = layout,
            Ids = _ids,
            Positions = _positions,
            CacheRows = _cacheRows,
            Origins = [.. _texts.SelectMany((_, s) => Enumerable.Range(_positions[_spans[s].QueryStart], _spans[s].QueryLength).Select(t => (_texts[s].Index, t)))],
        });
    }

    /// <summary>Lets go of the texts that have ended.</summary>
    public void RemoveEnded()
    {
        if (_texts.RemoveAll(text => text.Ended) > 0) _single = false;
    }

    public void Dispose() => _batch?.Dispose();

    private void Collect()
    {
        int rows = 0;
        foreach (var text in _texts) rows += text.Tokens.Count - text.Cached;
        if (_ids.Length != rows) (_ids, _positions, _cacheRows) = (new int[rows], new int[rows], new int[rows]);
        if (_spans.Length != _texts.Count) _spans = new SequenceSpan[_texts.Count];
        int n = 0;
        for (int s = 0; s < _spans.Length; s++)
        {
            var text = _texts[s];
            int start = cache.Starts[text.Index];
            _spans[s] = new SequenceSpan(n, text.Tokens.Count - text.Cached, start, text.Tokens.Count);
            for (; text.Cached < text.Tokens.Count; text.Cached++, n++)
                (_ids[n], _positions[n], _cacheRows[n]) = (text.Tokens[text.Cached], text.Cached, start + text.Cached);
        }

        _single = rows == _spans.Length;
    }
}
