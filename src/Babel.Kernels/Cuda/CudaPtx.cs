using System.Reflection;
using System.Text;

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

    /// <summary>The kernels in a file.</summary>
    public static IEnumerable<string> Kernels(byte[] ptx)
    {
        const string Entry = ".entry ";
        string text = Encoding.ASCII.GetString(ptx);
        for (int at = text.IndexOf(Entry, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Entry, at, StringComparison.Ordinal))
        {
            at += Entry.Length;
            yield return text[at..text.IndexOf('(', at)];
        }
    }
}
