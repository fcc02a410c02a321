using Babel.Kernels.Errors;

namespace Babel.Kernels.Interop;

/// <summary>Copies between spans and tensors in host memory, in pieces a span can describe.</summary>
internal static class HostCopy
{
    public static void Upload(ReadOnlySpan<byte> source, TensorView destination) => source.CopyTo(Bytes(destination, source.Length));

    public static void Download(TensorView source, Span<byte> destination) => Bytes(source, destination.Length).CopyTo(destination);

    private static Span<byte> Bytes(TensorView view, int length)
    {
        int size = view.DType.Size();
        if (view.Count * size != length)
        {
            throw new KernelException(
                "a copy between host and tensor does not fit", expected: $"{view.Count * size} bytes for {view}", found: $"{length} bytes");
        }

        return ((HostMemory)view.Memory).Span<byte>(view.Offset * size, length);
    }
}
