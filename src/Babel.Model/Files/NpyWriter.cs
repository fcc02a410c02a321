using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Babel.Kernels;

namespace Babel.Model.Files;

/// <summary>
/// Writes a tensor as NumPy's .npy, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). BF16, which
/// NumPy does not have, is widened to float32.
/// </summary>
public static class NpyWriter
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Writes header and data.</summary>
    /// <exception cref="ArgumentException">NumPy has no such type.</exception>
    public static void Write(Stream stream, NamedTensor tensor)
    {
        string shape = tensor.Shape.Count == 1 ? $"({tensor.Shape[0]},)" : $"({string.Join(", ", tensor.Shape)})";
        string header = $"{{'descr': '{Descriptor(tensor.DType)}', 'fortran_order': False, 'shape': {shape}, }}";

        // Magic, two bytes of length, header and a line feed make a multiple of 64, so that the data is aligned when mapped.
        int padded = ((Magic.Length + 2 + header.Length + 1 + 63) / 64 * 64) - Magic.Length - 2;
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)padded);
        stream.Write(Magic);
        stream.Write(length);
        stream.Write(Encoding.ASCII.GetBytes(header.PadRight(padded - 1) + "\n"));
        if (tensor.DType == DType.BF16)
        {
            var wide = new float[tensor.Data.Length / 2];
            DTypes.Expand(DType.BF16, tensor.Data.Span, wide);
            stream.Write(MemoryMarshal.AsBytes(wide.AsSpan()));
            return;
        }

        stream.Write(tensor.Data.Span);
    }

    private static string Descriptor(DType dtype) => dtype switch
    {
        DType.Bool => "|b1",
        DType.U8 => "|u1",
        DType.I8 => "|i1",
        DType.U16 => "<u2",
        DType.I16 => "<i2",
        DType.F16 => "<f2",
        DType.U32 => "<u4",
        DType.I32 => "<i4",
        DType.F32 or DType.BF16 => "<f4",
        DType.U64 => "<u8",
        DType.I64 => "<i8",
        DType.F64 => "<f8",
        _ => throw new ArgumentException($"NumPy has no {dtype}", nameof(dtype)),
    };
}
