using System.Runtime.InteropServices;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// Tries every product kernel for tensor cores on its device before any is used: small products, each output held against float64 by the bound of
/// <see cref="IOps.Linear"/>. A device that fails keeps to its float units, and says so.
/// </summary>
internal static class TensorCheck
{
    private const int Inner = 72;
    private const double Unit = 1.0 / (1 << 24);
    private const double BrainUnit = 1.0 / (1 << 8);

    /// <summary>What is wrong, or null.</summary>
    public static string? Failure(CudaDevice device, TensorProducts products, Precision precision)
    {
        for (int tile = 0; tile < products.TileCount; tile++)
        {
            if (Failure(device, products, precision, tile, gated: false) is { } plain) return plain;
            if (Failure(device, products, precision, tile, gated: true) is { } gated) return gated;
        }

        return null;
    }

    private static string? Failure(CudaDevice device, TensorProducts products, Precision precision, int tile, bool gated)
    {
        // Not whole tiles: the ends are tried as well.
        var (tall, wide) = products.Extents(tile);
        int rows = (tall / 2) + 3, columns = ((gated ? wide / 2 : wide) / 2) + 5;
        float[] x = Numbers(rows * Inner, 1), bias = Numbers(columns, 4);
        ushort[] w = Brain(Numbers(columns * Inner, 2)), u = Brain(Numbers(columns * Inner, 3));
        using var input = device.FromFloats(x, new Shape(rows, Inner));
        using var added = device.FromFloats(bias, new Shape(columns));
        using var output = device.Allocate(new Shape(rows, columns));
        using Weight weight = Upload(device, w, columns), up = Upload(device, u, columns);
        var finish = gated
            ? ProductFinish.Of(output, new GpuGatedEpilogue { UpBias = added })
            : ProductFinish.Of(output, new GpuEpilogue { Bias = added });
        products.Multiply(tile, input, (GpuWeight)weight, 0, gated ? (GpuWeight)up : null, finish);
        var y = device.ToFloats(output);
        for (int i = 0; i < y.Length; i++)
        {
            int row = i / columns, column = i % columns;
            var (value, error) = Product(x, w, row, column, precision);
            if (gated)
            {
                var (second, more) = Product(x, u, row, column, precision);
                second += bias[column];
                error = (Math.Abs(value) * more) + (Math.Abs(second) * error) + (error * more);
                value *= second;
            }
            else
            {
                value += bias[column];
            }

            error += 4 * Unit * (Math.Abs(value) + Math.Abs(bias[column]));

            // Written so that NaN fails.
            if (!(Math.Abs(y[i] - value) <= error))
                return $"tile {tile}{(gated ? ", gated" : "")}: {y[i]} where {value} was right";
        }

        return null;
    }

    private static (double Value, double Error) Product(float[] x, ushort[] w, int row, int column, Precision precision)
    {
        double sum = 0, size = 0;
        for (int k = 0; k < Inner; k++)
        {
            double term = (double)x[(row * Inner) + k] * DTypes.FromBFloat16(w[(column * Inner) + k]);
            sum += term;
            size += Math.Abs(term);
        }

        return (sum, ((4 * Inner * Unit) + (precision == Precision.Fast ? BrainUnit : 0)) * size);
    }

    private static Weight Upload(CudaDevice device, ushort[] values, int rows)
    {
        var weight = device.CreateWeight(DType.BF16, rows, Inner, "check");
        weight.Write(0, MemoryMarshal.AsBytes<ushort>(values));
        return weight;
    }

    private static ushort[] Brain(float[] values) => Array.ConvertAll(values, DTypes.ToBFloat16);

    /// <summary>Numbers from -1 to 1 with every digit in use (Knuth's multiplier, TAOCP 3.3.4).</summary>
    internal static float[] Numbers(int count, uint seed)
    {
        var values = new float[count];
        ulong state = seed;
        for (int i = 0; i < count; i++)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
            values[i] = (float)((long)(state >> 11) / (double)(1L << 52)) - 1;
        }

        return values;
    }
}
