namespace Babel.Model.Decoding;

/// <summary>
/// Indices of numbers from the largest down, equal ones in ascending order, found one after the other: a heap whose top moves behind its end when the next is asked for.
/// Finding the first costs n steps, every further one log n.
/// </summary>
internal sealed class Ranking
{
    private float[] _values = [];
    private int[] _heap = [];
    private int _size;

    /// <summary>The index of the number of a rank, from 0.</summary>
    public int this[int rank]
    {
        get
        {
            while (_heap.Length - _size <= rank)
            {
                _size--;
                (_heap[0], _heap[_size]) = (_heap[_size], _heap[0]);
                Sink(0);
            }

            return _heap[^(rank + 1)];
        }
    }

    /// <summary>Takes other numbers.</summary>
    public void Begin(ReadOnlySpan<float> values)
    {
        if (_heap.Length != values.Length) (_values, _heap) = (new float[values.Length], new int[values.Length]);
        values.CopyTo(_values);
        _size = values.Length;
        for (int i = 0; i < _size; i++) _heap[i] = i;
        for (int i = (_size / 2) - 1; i >= 0; i--) Sink(i);
    }

    private void Sink(int at)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= _size) return;
            if (child + 1 < _size && Before(_heap[child + 1], _heap[child])) child++;
            if (!Before(_heap[child], _heap[at])) return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }

    private bool Before(int a, int b) => _values[a] > _values[b] || (_values[a] == _values[b] && a < b);
}
