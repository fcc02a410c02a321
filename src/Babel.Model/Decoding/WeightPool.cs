using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// Owns the weights and vectors of a model or of one part of it. Weights of a part that is no longer needed are written over by the next part, where
/// they have its form: layers are alike, and memory that is neither freed nor allocated stays where it is.
/// </summary>
internal sealed class WeightPool(Device device) : IDisposable
{
    private readonly List<Weight> _weights = [];
    private readonly List<Weight> _free = [];
    private readonly List<IDisposable> _others = [];

    /// <summary>A weight to be written, new or used again.</summary>
    public Weight Weight(DType storage, long rows, long columns, string name)
    {
        int at = _free.FindIndex(w => w.Storage == storage && w.Rows == rows && w.Columns == columns);
        var weight = at >= 0 ? _free[at] : device.CreateWeight(storage, rows, columns, name);
        if (at >= 0) _free.RemoveAt(at);
        _weights.Add(weight);
        return weight;
    }

    /// <summary>Takes ownership.</summary>
    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _others.Add(disposable);
        return disposable;
    }

    /// <summary>Ends the part in memory. Its weights are kept to be used again, until <see cref="Trim"/>.</summary>
    public void Recycle()
    {
        device.Synchronize();
        _free.AddRange(_weights);
        _weights.Clear();
        foreach (var other in _others) other.Dispose();
        _others.Clear();
    }

    /// <summary>Lets go of what was not used again.</summary>
    public void Trim()
    {
        foreach (var weight in _free) weight.Dispose();
        _free.Clear();
    }

    public void Dispose()
    {
        Recycle();
        Trim();
    }
}
