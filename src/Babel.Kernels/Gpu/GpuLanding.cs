namespace Babel.Kernels.Gpu;

/// <summary>Host memory the device copies to while the host goes on, and a mark behind the last copy.</summary>
internal abstract class GpuLanding(int bytes) : IDisposable
{
    /// <summary>Room, in bytes.</summary>
    public int Size { get; } = bytes;

    /// <summary>Whether somebody waits for, or reads, what lands here.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Whether the device has come to the mark; does not wait.</summary>
    public abstract bool IsReached { get; }

    /// <summary>What has landed, once the mark is reached.</summary>
    public abstract ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Enqueues a copy to byte <paramref name="at"/> of the landing.</summary>
    public abstract void Copy(GpuMemory source, long offset, int at, int count);

    /// <summary>Sets the mark behind the copies enqueued so far.</summary>
    public abstract void Mark();

    /// <summary>Waits for the mark.</summary>
    public abstract void Wait();

    /// <inheritdoc/>
    public abstract void Dispose();
}
