using System.Runtime.CompilerServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// What kernels need to know of a <see cref="SequenceLayout"/> and of ALiBi slopes, uploaded once and kept as long as the caller keeps the
/// object: the layers of a forward pass share it.
/// </summary>
internal sealed class GpuLayouts(GpuDevice device) : IDisposable
{
    private readonly ConditionalWeakTable<SequenceLayout, GpuLayout> _layouts = [];
    private readonly ConditionalWeakTable<AttentionSpec, Tensor> _slopes = [];

    /// <summary>The layout on the device.</summary>
    public GpuLayout Of(SequenceLayout layout) => _layouts.GetValue(layout, key => new GpuLayout(device, key));

    /// <summary>The slope of every head as <see cref="AttentionSpec"/> wants it; null without ALiBi.</summary>
    public DeviceMemory? Slopes(AttentionSpec spec)
    {
        if (spec.AlibiSlopes is null) return null;
        return _slopes.GetValue(spec, key =>
        {
            float[] slopes = [.. key.AlibiSlopes!];
            if (key.AlibiRoundedAndScaled) slopes = Array.ConvertAll(slopes, s => DTypes.FromBFloat16(DTypes.ToBFloat16(s)));
            return device.FromFloats(slopes, new Shape(slopes.Length));
        }).Memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, layout) in _layouts) layout.Dispose();
        foreach (var (_, slopes) in _slopes) slopes.Dispose();
        _layouts.Clear();
        _slopes.Clear();
    }
}
