namespace Babel.Kernels;

/// <summary>
/// Tensors on their way to the host (<see cref="Device.BeginDownload"/>): the tensors may be overwritten or disposed by what is enqueued later, as soon as
/// this exists. Dispose it when what came is no longer needed.
/// </summary>
public abstract class PendingDownload : IDisposable
{
    /// <summary>Whether everything has come; does not wait.</summary>
    /// <exception cref="Errors.DeviceLostException">The device failed.</exception>
    public abstract bool IsDone { get; }

    /// <summary>The bytes of the tensor with this number; waits until they are there. Valid until this is disposed.</summary>
    /// <exception cref="Errors.DeviceLostException">The device failed.</exception>
    public abstract ReadOnlySpan<byte> Bytes(int index);

    /// <inheritdoc/>
    public abstract void Dispose();
}
