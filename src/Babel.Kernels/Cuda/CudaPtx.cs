using System.Reflection;

namespace Babel.Kernels.Cuda;

/// <summary>The PTX files inside this assembly, written by <c>eng/build-ptx.cs</c> from <c>Cuda/Kernels</c>.</summary>
internal static class CudaPtx
{
    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Ptx/{name}")
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
