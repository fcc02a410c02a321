using System.Runtime.CompilerServices;

namespace Babel.Model.Tokenizers.Unigram;

/// <summary>
/// A double-array trie (Aoe 1989) over byte strings: from state s, byte b leads to t = base[s] + b if check[t] = s.
/// Built once from sorted keys; a step costs one read of each of two neighbouring fields.
/// </summary>
internal sealed class ByteTrie
{
    private readonly List<byte[]> _keys;
    private readonly List<int> _ids;
    private Node[] _nodes = new Node[1 << 10];
    private int _firstFree = 1;
    private int _top;

    /// <param name="entries">Keys and their values; of equal keys the last holds.</param>
    public ByteTrie(IEnumerable<KeyValuePair<byte[], int>> entries)
    {
        // A stable sort, so that of equal keys the last stays last.
        var sorted = entries.Where(static e => e.Key.Length > 0)
            .OrderBy(static e => e.Key, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)))
            .ToArray();
        _keys = new List<byte[]>(sorted.Length);
        _ids = new List<int>(sorted.Length);
        foreach (var (key, id) in sorted)
        {
            if (_keys.Count > 0 && key.AsSpan().SequenceEqual(_keys[^1])) _ids[^1] = id;
            else
            {
                _keys.Add(key);
                _ids.Add(id);
            }
        }

        Array.Fill(_nodes, Node.Free);
        _nodes[0] = new Node(0, 0, -1);
        Build();
        Array.Resize(ref _nodes, _top + 257); // so that base + byte needs no check of bounds beyond the array's own
        for (var i = 0; i < _nodes.Length; i++)
        {
            if (i > _top) _nodes[i] = Node.Free;
        }

        _keys = [];
        _ids = [];
    }

    /// <summary>Goes one byte on; false where no key goes on so. State 0 is the start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Step(ref int state, byte b)
    {
        var nodes = _nodes;
        var target = nodes[state].Base + b;
        if (nodes[target].Check != state || target == 0) return false;
        state = target;
        return true;
    }

    /// <summary>The value of the key that ends in this state, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ValueOf(int state) => _nodes[state].Value;

    /// <summary>The value of a whole key, or -1.</summary>
    public int Get(ReadOnlySpan<byte> key)
    {
        var state = 0;
        foreach (var b in key)
        {
            if (!Step(ref state, b)) return -1;
        }

        return key.IsEmpty ? -1 : ValueOf(state);
    }

    /// <summary>The length of the longest key that <paramref name="text"/> starts with, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text, out int value)
    {
        int state = 0, length = 0;
        value = -1;
        for (var i = 0; i < text.Length && Step(ref state, text[i]); i++)
        {
            if (ValueOf(state) < 0) continue;
            value = ValueOf(state);
            length = i + 1;
        }

        return length;
    }

    // Breadth first: a range of keys that share their first `Depth` bytes is one state.
    private void Build()
    {
        var work = new Queue<(int First, int End, int Depth, int State)>();
        work.Enqueue((0, _keys.Count, 0, 0));
        var bytes = new List<byte>();
        var starts = new List<int>();
        while (work.TryDequeue(out var range))
        {
            bytes.Clear();
            starts.Clear();
            for (var i = range.First; i < range.End; i++)
            {
                if (_keys[i].Length == range.Depth)
                {
                    _nodes[range.State] = _nodes[range.State] with { Value = _ids[i] };
                    continue;
                }

                var b = _keys[i][range.Depth];
                if (bytes.Count > 0 && bytes[^1] == b) continue;
                bytes.Add(b);
                starts.Add(i);
            }

            if (bytes.Count == 0) continue;
            var at = FindBase(bytes);
            _nodes[range.State] = _nodes[range.State] with { Base = at };
            for (var k = 0; k < bytes.Count; k++)
            {
                var target = at + bytes[k];
                _nodes[target] = new Node(0, range.State, -1);
                _top = Math.Max(_top, target);
                work.Enqueue((starts[k], k + 1 < starts.Count ? starts[k + 1] : range.End, range.Depth + 1, target));
            }
        }
    }

    // The first base at which every child falls on a free node.
    private int FindBase(List<byte> bytes)
    {
        var occupied = 0;
        var first = Math.Max(_firstFree, bytes[0] + 1);
        for (var position = first; ; position++)
        {
            if (position + 512 > _nodes.Length) GrowNodes();
            if (_nodes[position].Check != -1)
            {
                occupied++;
                continue;
            }

            var at = position - bytes[0];
            var fits = true;
            for (var k = 1; k < bytes.Count && fits; k++) fits = _nodes[at + bytes[k]].Check == -1;
            if (!fits) continue;

            // Nearly full stretches are not searched again.
            if (occupied * 20 >= (position - first + 1) * 19) _firstFree = position;
            return at;
        }
    }

    private void GrowNodes()
    {
        var old = _nodes.Length;
        Array.Resize(ref _nodes, old * 2);
        Array.Fill(_nodes, Node.Free, old, old);
    }

    private readonly record struct Node(int Base, int Check, int Value)
    {
        public static Node Free => new(0, -1, -1);
    }
}
