using System.Runtime.InteropServices;
using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>Numbers computed here in float64, rounded once, to what the device computes in.</summary>
internal static class Doubles
{
    public static Tensor ToTensor(Device device, double[] values, Shape shape)
    {
        var tensor = device.Allocate(shape);
        if (tensor.View.DType == DType.F64)
        {
            device.Upload(MemoryMarshal.AsBytes(values.AsSpan()), tensor);
            return tensor;
        }

        device.Write(Array.ConvertAll(values, v => (float)v), tensor);
        return tensor;
    }
}
