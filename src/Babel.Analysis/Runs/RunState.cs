namespace Babel.Analysis.Runs;

/// <summary>How a run folder was found.</summary>
public enum RunState
{
    /// <summary>New or empty.</summary>
    Fresh,

    /// <summary>An interrupted run of the same options; what it finished is used.</summary>
    Resumed,

    /// <summary>A finished run of the same options; nothing has to be computed.</summary>
    Finished,
}
