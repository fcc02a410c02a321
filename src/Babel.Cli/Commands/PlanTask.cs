namespace Babel.Cli.Commands;

/// <summary>What <c>babel plan</c> plans.</summary>
internal enum PlanTask
{
    /// <summary><c>babel stats</c>.</summary>
    Stats,

    /// <summary><c>babel score</c>.</summary>
    Score,

    /// <summary><c>babel ablate</c>.</summary>
    Ablate,

    /// <summary><c>babel study</c>.</summary>
    Study,
}
