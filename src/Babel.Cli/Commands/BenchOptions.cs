using System.CommandLine;
using Babel.Cli.Inputs;
using Babel.Kernels;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary>Options the parts of <c>babel bench</c> share, worded once.</summary>
internal static class BenchOptions
{
    /// <summary>--seconds.</summary>
    public static Option<double> Seconds(double fallback)
    {
        var option = new Option<double>("--seconds")
        {
            Description = "Measure each thing for about this long; longer is steadier", HelpName = "s", DefaultValueFactory = _ => fallback,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(double.TryParse(result.Tokens[0].Value, out double s) && s is > 0 and <= 3600))
                result.AddError("--seconds is above 0 and at most 3600");
        });
        return option;
    }

    /// <summary>--model.</summary>
    public static Option<string[]> Models() => new("--model")
    {
        Description = $"A model folder, or a shape with random weights drawn on the device: {string.Join(", ", RandomModelShape.Named.Keys)}; several may be given",
        HelpName = "folder|shape",
        DefaultValueFactory = _ => ["tiny"],
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>--weights.</summary>
    public static Option<DType> Weights(string name = "--weights", string fallback = "f32") => EnumOption.Of(
        name, "How random weights are stored", fallback, ("f32", DType.F32), ("bf16", DType.BF16), ("f16", DType.F16));

    /// <summary>A count of at least 1.</summary>
    public static Option<int> Count(string name, string description, int fallback) =>
        Positive(new Option<int>(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => fallback }, name);

    /// <summary>A count of at least 1 that need not be given.</summary>
    public static Option<int?> OptionalCount(string name, string description) =>
        Positive(new Option<int?>(name) { Description = description, HelpName = "n" }, name);

    private static T Positive<T>(T option, string name)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int n) && n < 1) result.AddError($"{name} is at least 1");
        });
        return option;
    }
}
