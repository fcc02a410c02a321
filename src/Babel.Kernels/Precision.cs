namespace Babel.Kernels;

/// <summary>
/// What matrix products by a weight are computed in, and on devices that have units for it the two products of attention. Everything else (norms, rotation,
/// softmax, epilogues, statistics, Q/K scores) is the same in both.
/// </summary>
public enum Precision
{
    /// <summary>In the device's <see cref="Device.ComputeType"/>, float32 level or better, whatever type the weights are stored in.</summary>
    Exact,

    /// <summary>
    /// Both factors are rounded to bfloat16 (u = 2^-8, to nearest even), products are added in float32: what tensor cores and VDPBF16PS do in one
    /// step. Asked for by <see cref="DeviceOptions.Precision"/>, never chosen silently; results say so.
    /// </summary>
    Fast,
}
