using System.Globalization;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>precision --folder DIR[,DIR] [--length T] [--device NAME]</c>: relative root mean square difference of the logits of one text from those of the
/// <c>ref</c> device, which computes in float64.
/// </summary>
internal static class PrecisionReport
{
    /// <summary>Computes and prints.</summary>
    public static int Run(string[] args)
    {
        int length = int.Parse(Arguments.Option(args, "--length") ?? "16", CultureInfo.InvariantCulture);
        string name = Arguments.Option(args, "--device") ?? "cpu";
        foreach (string folder in Arguments.Option(args, "--folder")?.Split(',') ?? [])
        {
            float[] exact = Logits(folder, "ref", length), ours = Logits(folder, name, length);
            double error = 0, size = 0;
            for (int i = 0; i < exact.Length; i++)
            {
                error += Math.Pow(ours[i] - (double)exact[i], 2);
                size += Math.Pow(exact[i], 2);
            }

            Console.WriteLine(FormattableString.Invariant($"{folder}, {length} tokens, {name}: relative RMS error of logits {Math.Sqrt(error / size):E2}"));
        }

        return 0;
    }

    private static float[] Logits(string folder, string name, int length)
    {
        using var device = DeviceRegistry.Default.Open(name);
        using var model = LanguageModel.Load(folder, device);
        var random = new Random(5);
        using var batch = Batch.Pack(model, [[.. Enumerable.Range(0, length).Select(_ => random.Next(4, model.Spec.Vocabulary))]]);
        return model.Run(batch, ForwardOutput.Logits).Logits;
    }
}
