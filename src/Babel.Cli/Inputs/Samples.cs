using Babel.Model.Errors;

namespace Babel.Cli.Inputs;

/// <summary>The embedded default: <c>samples/</c> beside the program, or in a folder above it or above the current one.</summary>
internal static class Samples
{
    /// <summary>The sample model and the sample text.</summary>
    /// <exception cref="ModelNotFoundException">They are nowhere.</exception>
    public static (string Model, string Text) Find() => Find([AppContext.BaseDirectory, Directory.GetCurrentDirectory()]);

    /// <summary>Looks in the given folders, then above each.</summary>
    public static (string Model, string Text) Find(IReadOnlyList<string> starts)
    {
        foreach (string start in starts)
        {
            for (string? here = Path.GetFullPath(start); here is not null; here = Path.GetDirectoryName(here))
            {
                string model = Path.Combine(here, "samples", "babel-nano"), text = Path.Combine(here, "samples", "text");
                if (File.Exists(Path.Combine(model, "config.json")) && Directory.Exists(text)) return (model, text);
            }
        }

        throw new ModelNotFoundException(
            "the sample model and text are not there",
            where: string.Join(", ", starts),
            expected: "samples/babel-nano and samples/text there or above",
            hint: "name a model and --corpus, or keep the folder `samples` beside the program");
    }
}
