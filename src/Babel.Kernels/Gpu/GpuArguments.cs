namespace Babel.Kernels.Gpu;

/// <summary>
/// The arguments of one kernel launch in order, each in a slot of eight bytes, little-endian. A buffer's slot is the driver's handle or
/// address of it. Kept by the device and used for one launch after the other, so a launch allocates nothing.
/// </summary>
internal sealed class GpuArguments
{
    private long[] _slots = new long[48];
    private byte[] _sizes = new byte[48];
    private DeviceMemory?[] _held = new DeviceMemory?[48];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The values.</summary>
    public ReadOnlySpan<long> Slots => _slots.AsSpan(0, Count);

    /// <summary>Bytes of each value: 4 or 8.</summary>
    public ReadOnlySpan<byte> Sizes => _sizes.AsSpan(0, Count);

    /// <summary>Begins again. The buffers of the launch before are let go.</summary>
    public GpuArguments Clear()
    {
        Array.Clear(_held, 0, Count);
        Count = 0;
        return this;
    }

    /// <summary>An <c>int</c>.</summary>
    public GpuArguments Add(int value) => Add((uint)value, sizeof(int), null);

    /// <summary>A <c>long</c>.</summary>
    public GpuArguments Add(long value) => Add(value, sizeof(long), null);

    /// <summary>A <c>float</c>.</summary>
    public GpuArguments Add(float value) => Add(BitConverter.SingleToUInt32Bits(value), sizeof(float), null);

    /// <summary>An <c>int</c> that says whether something is there.</summary>
    public GpuArguments Add(bool value) => Add(value ? 1 : 0);

    /// <summary>A buffer alone, whose elements are taken from its start; null for none.</summary>
    public GpuArguments Add(DeviceMemory? memory) => Add(memory?.DangerousGetHandle() ?? 0, sizeof(long), memory);

    /// <summary>A buffer, and the element at which the tensor begins.</summary>
    public GpuArguments Add(TensorView view) => Add(view.Memory).Add(view.Offset);

    /// <summary>A buffer and where the tensor begins, or a null buffer and 0.</summary>
    public GpuArguments Add(TensorView? view) => view is { } v ? Add(v) : Add((DeviceMemory?)null).Add(0L);

    private GpuArguments Add(long bits, byte size, DeviceMemory? held)
    {
        if (Count == _slots.Length)
        {
            Array.Resize(ref _slots, 2 * Count);
            Array.Resize(ref _sizes, 2 * Count);
            Array.Resize(ref _held, 2 * Count);
        }

        (_slots[Count], _sizes[Count], _held[Count]) = (bits, size, held);
        Count++;
        return this;
    }
}
