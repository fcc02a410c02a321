using System.Runtime.CompilerServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// What kernels need to know of a <see cref="SequenceLayout"/> and of ALiBi slopes, uploaded once and kept until the caller is done with the
/// object (<see cref="Device.Release"/>): the layers of a forward pass share it.
/// </summary>
internal sealed class GpuLayouts(GpuDevice device) : IDisposable
{
    private readonly ConditionalWeakTable<SequenceLayout, GpuLayout> _layouts = [];
    private readonly Dictionary<AttentionSpec, Tensor> _slopes = new(ReferenceEqualityComparer.Instance);

    /// <summary>The layout on the device.</summary>
    public GpuLayout Of(SequenceLayout layout) => _layouts.GetValue(layout, key => new GpuLayout(device, key));

    /// <summary>The slope of every head as <see cref="AttentionSpec"/> wants it; null without ALiBi.</summary>
    public DeviceMemory? Slopes(AttentionSpec spec)
    {
        if (spec.AlibiSlopes is null) return null;
        if (_slopes.TryGetValue(spec, out var kept)) return kept.Memory;
        float[] slopes = [.. spec.AlibiSlopes];
        if (spec.AlibiRoundedAndScaled) slopes = Array.ConvertAll(slopes, s => DTypes.FromBFloat16(DTypes.ToBFloat16(s)));
        _slopes.Add(spec, kept = device.FromFloats(slopes, new Shape(slopes.Length)));
        return kept.Memory;
    }

    /// <summary>Gives back what is kept of a layout.</summary>
    public void Release(SequenceLayout layout)
    {
        if (_layouts.TryGetValue(layout, out var kept)) kept.Dispose();
        _layouts.Remove(layout);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, layout) in _layouts) layout.Dispose();
        foreach (var slopes in _slopes.Values) slopes.Dispose();
        _layouts.Clear();
        _slopes.Clear();
    }
}
