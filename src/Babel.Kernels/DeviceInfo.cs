namespace Babel.Kernels;

/// <summary>One line of <c>babel devices</c>.</summary>
/// <param name="Name">The name that opens the device.</param>
/// <param name="Description">What it is.</param>
/// <param name="Unavailable">Why it cannot be used, or null when it can.</param>
/// <param name="HasFast">Whether it has <see cref="Precision.Fast"/>.</param>
/// <param name="IsAutomatic">Whether <c>auto</c> may choose it; not the processor by way of an OpenCL driver, which <c>cpu</c> serves better.</param>
public sealed record DeviceInfo(
    string Name, string Description, string? Unavailable = null, bool HasFast = false, bool IsAutomatic = true);
