namespace Babel.Cli.Commands;

/// <summary>What <c>babel selftest</c> is asked for.</summary>
/// <param name="Operator">Only this operator, or null for all.</param>
/// <param name="Cases">A row for every case instead of one for every operator.</param>
internal sealed record SelfTestRequest(string? Operator, bool Cases);
