using System.Diagnostics;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Planning;

/// <summary>How fast a device multiplies, measured in a moment.</summary>
public static class ProductRate
{
    private const int Rows = 512;
    private const int MostOutputs = 2048;
    private const int Repetitions = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>GFLOP/s of a product of 512 token rows by a weight of the model's width and storage type: the median of up to five, within about a second.</summary>
    /// <param name="device">The device.</param>
    /// <param name="model">Gives width and storage type.</param>
    public static double Measure(Device device, ModelFootprint model)
    {
        int width = model.Spec.ModelWidth, outputs = Math.Min(model.Spec.FfnWidth, MostOutputs);
        using var weight = device.CreateWeight(model.Storage, outputs, width, "rate");
        byte[] row = new byte[width * model.Storage.Size()];
        for (int n = 0; n < outputs; n++) weight.Write(n, row);
        float[] values = new float[Rows * width];
        for (int i = 0; i < values.Length; i++) values[i] = (i % 17) - 8;
        using var x = device.FromFloats(values, new Shape(Rows, width));
        using var y = device.Allocate(new Shape(Rows, outputs));
        var seconds = new List<double>();
        long begun = Stopwatch.GetTimestamp();
        while (seconds.Count <= Repetitions && (seconds.Count < 2 || Stopwatch.GetElapsedTime(begun) < s_patience))
        {
            long start = Stopwatch.GetTimestamp();
            device.Ops.Linear(x, weight, y);
            device.Synchronize();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        // The first one compiles and warms up.
        seconds.RemoveAt(0);
        seconds.Sort();
        return 2.0 * Rows * width * outputs / seconds[seconds.Count / 2] / 1e9;
    }
}
