using Babel.Kernels.Errors;

namespace Babel.Cli.Commands;

/// <summary>Something <c>inspect</c> found that keeps a model from being run.</summary>
/// <param name="Part">What was being read: config, weights or tokenizer.</param>
/// <param name="Error">Why it is refused.</param>
internal sealed record Refusal(string Part, BabelException Error)
{
    /// <summary>Runs a step; keeps its error instead of throwing it.</summary>
    public static T? Catch<T>(string part, List<Refusal> refusals, Func<T> step)
        where T : class
    {
        try
        {
            return step();
        }
        catch (BabelException error)
        {
            refusals.Add(new Refusal(part, error));
            return null;
        }
    }
}
