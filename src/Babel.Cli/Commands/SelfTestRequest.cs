namespace Babel.Cli.Commands;

/// <summary>What <c>babel selftest</c> is asked for.</summary>
/// <param name="Operator">Only this operator, or null for all.</param>
/// <param name="Cases">A row for every case and every model instead of one for every operator and quantity.</param>
/// <param name="Quick">Few and small models.</param>
/// <param name="Model">A model folder in the place of the embedded models, or null.</param>
internal sealed record SelfTestRequest(string? Operator, bool Cases, bool Quick, string? Model);
