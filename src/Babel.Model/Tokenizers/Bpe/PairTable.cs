using System.Runtime.CompilerServices;

namespace Babel.Model.Tokenizers.Bpe;

/// <summary>What a merge makes, and how soon: the lower rank goes first.</summary>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>Pairs of symbols to merges: open addressing on the two ids as one number.</summary>
internal sealed class PairTable
{
    private readonly ulong[] _keys;
    private readonly Merge[] _merges;
    private readonly int _shift;

    public PairTable(IReadOnlyCollection<KeyValuePair<(int Left, int Right), Merge>> merges)
    {
        var bits = 4;
        while (1 << bits < merges.Count * 2L) bits++;
        _shift = 64 - bits;
        _keys = new ulong[1 << bits];
        _merges = new Merge[1 << bits];
        foreach (var ((left, right), merge) in merges)
        {
            var key = Key(left, right);
            var i = Slot(key);
            while (_keys[i] != 0 && _keys[i] != key) i = (i + 1) & (_keys.Length - 1);
            _keys[i] = key;
            _merges[i] = merge;
        }
    }

    /// <summary>Looks a pair up; symbols below zero merge with nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int left, int right, out Merge merge)
    {
        if ((left | right) >= 0)
        {
            var key = Key(left, right);
            var keys = _keys;
            var i = Slot(key);
            while (true)
            {
                var found = keys[i];
                if (found == key)
                {
                    merge = _merges[i];
                    return true;
                }

                if (found == 0) break;
                i = (i + 1) & (keys.Length - 1);
            }
        }

        merge = default;
        return false;
    }

    // Zero is the free slot, so the left id is stored plus one.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);
}
