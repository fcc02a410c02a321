using System.Runtime.InteropServices;
using Babel.Kernels.Cpu;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

/// <summary>Devices, operands and the naive answers the tests of the fast operators share.</summary>
internal static class CpuCase
{
    public static TheoryData<string> Devices => [.. CpuSupport.All.Where(set => CpuSupport.WhyNot(set) is null).Select(set => $"cpu:{CpuSupport.NameOf(set)}")];

    public static CpuDevice Open(string name, int threads = 2) =>
        (CpuDevice)new CpuDeviceProvider().Open(DeviceSpec.Parse(name), new DeviceOptions(threads));

    public static float[] Randoms(int count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = ((float)random.NextDouble() - 0.5f) * 2 * scale;
        return values;
    }

    /// <summary>Values that the storage type holds exactly.</summary>
    public static float[] Rounded(float[] values, DType storage) => storage switch
    {
        DType.BF16 => Array.ConvertAll(values, v => DTypes.FromBFloat16(DTypes.ToBFloat16(v))),
        DType.F16 => Array.ConvertAll(values, v => (float)(Half)v),
        _ => values,
    };

    public static byte[] Encode(ReadOnlySpan<float> values, DType storage)
    {
        var all = values.ToArray();
        return storage switch
        {
            DType.F32 => MemoryMarshal.AsBytes<float>(all).ToArray(),
            DType.F64 => MemoryMarshal.AsBytes<double>(Array.ConvertAll(all, v => (double)v)).ToArray(),
            DType.BF16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(all, DTypes.ToBFloat16)).ToArray(),
            _ => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(all, v => (Half)v)).ToArray(),
        };
    }

    public static Weight Weight(Device device, float[] values, int rows, int columns, DType storage = DType.F32)
    {
        var weight = device.CreateWeight(storage, rows, columns, "w");
        weight.Write(0, Encode(values, storage));
        return weight;
    }

    public static double[] Product(float[] x, float[] w, int m, int n, int k)
    {
        var y = new double[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int c = 0; c < k; c++) sum += (double)x[(i * k) + c] * w[(j * k) + c];
                y[(i * n) + j] = sum;
            }

        return y;
    }

    public static float[] Linear(Device device, float[] x, Weight weight, int m, int n, int k, Epilogue? epilogue = null)
    {
        using var input = device.FromFloats(x, new Shape(m, k));
        using var output = device.Allocate(new Shape(m, n));
        device.Write(CpuCase.Filled(m * n, float.NaN), output);
        device.Ops.Linear(input, weight, output, epilogue);
        return device.ToFloats(output);
    }

    public static float[] Filled(int count, float value)
    {
        var values = new float[count];
        Array.Fill(values, value);
        return values;
    }

    public static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]))))
                Assert.Fail($"element {i}: expected {expected[i]:R}, found {actual[i]:R}");
        }
    }
}
