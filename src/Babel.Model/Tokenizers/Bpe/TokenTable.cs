using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Babel.Model.Tokenizers.Bpe;

/// <summary>Byte strings to ids: open addressing over one arena, so that a look-up allocates nothing.</summary>
internal sealed class TokenTable
{
    private byte[] _arena = new byte[1 << 12];
    private Entry[] _slots = new Entry[1 << 8];
    private int _used;

    public int Count { get; private set; }

    /// <summary>Adds or overwrites; returns false where the bytes were there already.</summary>
    public bool Set(ReadOnlySpan<byte> key, int id)
    {
        if ((Count + 1) * 2 > _slots.Length) Grow();
        ref var slot = ref Find(key, Hash(key));
        var isNew = !slot.IsUsed;
        if (isNew)
        {
            while (_arena.Length - _used < key.Length) Array.Resize(ref _arena, checked(_arena.Length * 2));
            key.CopyTo(_arena.AsSpan(_used));
            slot = new Entry(Hash(key), _used, key.Length, id, IsUsed: true);
            _used += key.Length;
            Count++;
        }
        else
        {
            slot = slot with { Id = id };
        }

        return isNew;
    }

    /// <summary>The id, or -1.</summary>
    public int Get(ReadOnlySpan<byte> key)
    {
        ref var slot = ref Find(key, Hash(key));
        return !slot.IsUsed ? -1 : slot.Id;
    }

    /// <summary>A quick hash of few bytes; not against an adversary, who could only slow his own tokenizer down.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ReadOnlySpan<byte> key)
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        var hash = (ulong)key.Length * Odd;
        while (key.Length >= 8)
        {
            hash = (BitOperations.RotateLeft(hash, 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * Odd;
            key = key[8..];
        }

        ulong tail = 0;
        if (key.Length >= 4)
        {
            tail = BinaryPrimitives.ReadUInt32LittleEndian(key) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(key[^4..]) << 32);
        }
        else if (key.Length > 0)
        {
            tail = key[0] | ((ulong)key[key.Length >> 1] << 8) | ((ulong)key[^1] << 16);
        }

        hash = (BitOperations.RotateLeft(hash, 29) ^ tail) * Odd;
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    private ref Entry Find(ReadOnlySpan<byte> key, uint hash)
    {
        var mask = _slots.Length - 1;
        var i = (int)hash & mask;
        while (true)
        {
            ref var slot = ref _slots[i];
            if (!slot.IsUsed) return ref slot;
            if (slot.Hash == hash && slot.Length == key.Length && key.SequenceEqual(_arena.AsSpan(slot.Offset, slot.Length))) return ref slot;
            i = (i + 1) & mask;
        }
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Entry[old.Length * 4];
        var mask = _slots.Length - 1;
        foreach (var entry in old)
        {
            if (!entry.IsUsed) continue;
            var i = (int)entry.Hash & mask;
            while (_slots[i].IsUsed) i = (i + 1) & mask;
            _slots[i] = entry;
        }
    }

    private readonly record struct Entry(uint Hash, int Offset, int Length, int Id, bool IsUsed);
}
