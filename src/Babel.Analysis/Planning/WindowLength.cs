using Babel.Model;

namespace Babel.Analysis.Planning;

/// <summary>How long a window of text is: one rule for every command.</summary>
public static class WindowLength
{
    /// <summary>The longest window where nobody says: longer ones take memory and time for attention, and documents are seldom longer.</summary>
    public const int Default = 4096;

    /// <summary>What was asked for, or <see cref="Default"/>; never more than the model was made for.</summary>
    /// <param name="asked">Tokens; null where nobody says.</param>
    /// <param name="spec">The model's form.</param>
    public static int Of(int? asked, DecoderSpec spec) => Math.Min(asked ?? Default, spec.MaxPositions);
}
