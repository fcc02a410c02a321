namespace Babel.Analysis.Planning;

/// <summary>What a command has options for, so that a run that does not fit can be told what would help.</summary>
[Flags]
public enum Remedies
{
    /// <summary>More memory only.</summary>
    None = 0,

    /// <summary>The order of batches and layers (<c>--schedule</c>).</summary>
    Schedule = 1,

    /// <summary>Smaller batches (<c>--batch-tokens</c>).</summary>
    BatchTokens = 2,

    /// <summary>Shorter windows (<c>--context</c>).</summary>
    Context = 4,

    /// <summary>Fewer languages in a run (<c>--languages</c>).</summary>
    Languages = 8,

    /// <summary>No importance by document (<c>--no-documents</c>).</summary>
    NoDocuments = 16,

    /// <summary>What every command that reads text has.</summary>
    OfText = Schedule | BatchTokens | Context | Languages,
}
