using Babel.Kernels;
using Babel.Kernels.Cuda;

namespace Babel.Testing.Cuda;

/// <summary>The CUDA devices tests run on: an emulated GPU everywhere, and a real one where there is one.</summary>
public static class CudaTestDevices
{
    private const string Emulated = "cuda:emulated";

    /// <summary>Their names in device matrices.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [Emulated, .. new CudaDeviceProvider().List().Where(d => d.Unavailable is null).Select(d => d.Name).Take(1)];

    /// <summary>Opens the emulated GPU by its name; null for every other name.</summary>
    public static Device? Open(string name) => name == Emulated ? EmulatedDriver.OpenDevice() : null;
}
