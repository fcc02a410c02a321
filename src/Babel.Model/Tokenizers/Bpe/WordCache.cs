using System.Runtime.InteropServices;

namespace Babel.Model.Tokenizers.Bpe;

/// <summary>
/// The ids of words met before. Belongs to one thread at a time, holds a bounded number of bytes, and starts over when
/// full: words follow Zipf's law, so the frequent ones are back at once.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer words are seldom met again.</summary>
    public const int LongestWord = 64;

    private const int SlotBits = 17;
    private const int MostWords = 1 << (SlotBits - 1);
    private const int MostBytes = 1 << 21;

    private readonly Slot[] _slots = new Slot[1 << SlotBits];
    private readonly byte[] _bytes = new byte[MostBytes];
    private readonly List<int> _ids = [];
    private int _usedBytes;
    private int _count;

    /// <summary>Appends the ids of a word to <paramref name="output"/>, if they are known.</summary>
    public bool TryAppend(ReadOnlySpan<byte> word, uint hash, List<int> output)
    {
        ref var slot = ref Find(word, hash);
        if (slot.WordLength == 0) return false;
        output.AddRange(CollectionsMarshal.AsSpan(_ids).Slice(slot.IdOffset, slot.IdCount));
        return true;
    }

    public void Add(ReadOnlySpan<byte> word, uint hash, ReadOnlySpan<int> ids)
    {
        if (word.Length is 0 or > LongestWord) return;
        if (_count == MostWords || _usedBytes + word.Length > MostBytes) Clear();
        ref var slot = ref Find(word, hash);
        word.CopyTo(_bytes.AsSpan(_usedBytes));
        slot = new Slot(hash, _usedBytes, _ids.Count, (ushort)word.Length, (ushort)ids.Length);
        _usedBytes += word.Length;
        _ids.AddRange(ids);
        _count++;
    }

    private void Clear()
    {
        Array.Clear(_slots);
        _ids.Clear();
        _usedBytes = 0;
        _count = 0;
    }

    private ref Slot Find(ReadOnlySpan<byte> word, uint hash)
    {
        var i = (int)(hash & (_slots.Length - 1));
        while (true)
        {
            ref var slot = ref _slots[i];
            if (slot.WordLength == 0) return ref slot;
            if (slot.Hash == hash && slot.WordLength == word.Length && word.SequenceEqual(_bytes.AsSpan(slot.Offset, slot.WordLength)))
                return ref slot;
            i = (i + 1) & (_slots.Length - 1);
        }
    }

    /// <summary>A free slot has WordLength 0.</summary>
    private readonly record struct Slot(uint Hash, int Offset, int IdOffset, ushort WordLength, ushort IdCount);
}
