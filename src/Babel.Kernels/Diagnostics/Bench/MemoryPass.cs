using System.Diagnostics;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// Memory that no cache of a device holds, and one pass over it, the fastest the device has: what its bandwidth is measured by, at once or by turns with something
/// whose share of it is asked for.
/// </summary>
public sealed class MemoryPass : IDisposable
{
    private readonly Device _device;
    private readonly Action _run;
    private readonly IDisposable[] _owned;

    /// <summary>A pass over memory of <paramref name="device"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Bytes that a pass reads and writes.</param>
    /// <param name="meaning">What it does, in words.</param>
    /// <param name="run">Does it, or enqueues it.</param>
    /// <param name="owned">Disposed with this.</param>
    public MemoryPass(Device device, long bytes, string meaning, Action run, params IDisposable[] owned) =>
        (_device, Bytes, Meaning, _run, _owned) = (device, bytes, meaning, run, owned);

    /// <summary>Bytes that a pass reads and writes.</summary>
    public long Bytes { get; }

    /// <summary>What it does, in words.</summary>
    public string Meaning { get; }

    /// <summary>A pass over tensors that are allocated for it: all, or, where one does not fit, none.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Bytes that a pass reads and writes.</param>
    /// <param name="meaning">What it does, in words.</param>
    /// <param name="dtype">The type of the tensors.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="count">How many.</param>
    /// <param name="run">Does it, or enqueues it.</param>
    /// <param name="fill">Writes what is read, where that is to be done.</param>
    /// <exception cref="Errors.DeviceMemoryException">The device has no room for them.</exception>
    internal static MemoryPass Open(
        Device device, long bytes, string meaning, DType dtype, Shape shape, int count, Action<Tensor[]> run, Action<Tensor[]>? fill = null)
    {
        var tensors = new Tensor[count];
        try
        {
            for (int i = 0; i < count; i++) tensors[i] = device.Allocate(dtype, shape);
            fill?.Invoke(tensors);
        }
        catch
        {
            foreach (var tensor in tensors) tensor?.Dispose();
            throw;
        }

        return new MemoryPass(device, bytes, meaning, () => run(tensors), [.. tensors]);
    }

    /// <summary>Passes over at least <paramref name="bytes"/> bytes, once at least; returns 10^9 bytes a second.</summary>
    public double Read(long bytes = 0)
    {
        _device.Synchronize();
        long start = Stopwatch.GetTimestamp(), done = 0;
        do
        {
            _run();
            done += Bytes;
        }
        while (done < bytes);
        _device.Synchronize();
        return done / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    /// <summary>The best of the readings within about <paramref name="seconds"/>: others may use the machine too, and what they take is no part of what it can do.</summary>
    public Ceiling Best(double seconds)
    {
        double best = 0;
        var passed = Stopwatch.StartNew();
        do best = Math.Max(best, Read());
        while (passed.Elapsed.TotalSeconds < seconds);
        return new Ceiling(best, Meaning);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in _owned) one.Dispose();
    }
}
