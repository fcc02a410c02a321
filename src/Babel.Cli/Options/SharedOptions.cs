using System.CommandLine;
using Babel.Cli.Inputs;
using Babel.Kernels;

namespace Babel.Cli.Options;

/// <summary>The options every command has; the same words mean the same everywhere.</summary>
internal sealed class SharedOptions
{
    /// <summary>Machine output.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Write the result as one JSON document on stdout, and nothing else there",
        Recursive = true,
    };

    /// <summary>No progress.</summary>
    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress on stderr; errors still go there",
        Recursive = true,
    };

    /// <summary>Which device.</summary>
    public Option<string> Device { get; } = new("--device")
    {
        Description = "cpu, cpu:avx512, cpu:avx2, cpu:vector128, cpu:scalar, opencl:0, ref (float64), auto; `babel devices` lists what is here",
        HelpName = "name",
        DefaultValueFactory = _ => "cpu",
        Recursive = true,
    };

    /// <summary>How many threads.</summary>
    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Worker threads of a CPU device; 0 for all processors",
        HelpName = "n",
        DefaultValueFactory = _ => 0,
        Recursive = true,
    };

    /// <summary>How much memory.</summary>
    public Option<long?> Memory { get; } = new("--memory")
    {
        Description = "Memory the run may use: 768MiB, 2GB, 1.5GiB, bytes, or 50% of what there is [default: 80%]",
        HelpName = "size",
        Recursive = true,
        CustomParser = result =>
        {
            if (MemorySize.Parse(result.Tokens[0].Value, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) is { } bytes) return bytes;
            result.AddError($"--memory: '{result.Tokens[0].Value}' is no size such as 768MiB, 2GB, 1.5GiB, 800000000 or 50%");
            return null;
        },
    };

    /// <summary>What products are computed in.</summary>
    public Option<Precision> Precision { get; } = EnumOption.Of(
        "--precision", "Products by weights at float32 level, or with both factors rounded to bfloat16", "exact",
        ("exact", Kernels.Precision.Exact), ("fast", Kernels.Precision.Fast));

    /// <summary>Adds them to the root, for all commands.</summary>
    public void AddTo(Command root)
    {
        Threads.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int n) && n is < 0 or > 1024)
                result.AddError("--threads is 0 (all processors) to 1024");
        });
        root.Options.Add(Device);
        root.Options.Add(Threads);
        Precision.Recursive = true;
        root.Options.Add(Precision);
        root.Options.Add(Memory);
        root.Options.Add(Json);
        root.Options.Add(Quiet);
    }

    /// <summary>What was asked for.</summary>
    public GlobalRequest Bind(ParseResult result) => new(
        result.GetValue(Device)!,
        result.GetValue(Threads),
        result.ValueOr(Precision, Kernels.Precision.Exact),
        result.GetValue(Memory),
        result.GetValue(Json),
        result.GetValue(Quiet));
}
