namespace Babel.Analysis.Verification;

/// <summary>What a device computed of one kind.</summary>
/// <param name="Name">The kind.</param>
/// <param name="Tensors">Its tensors, each compared by itself.</param>
/// <param name="Milliseconds">What it took.</param>
/// <param name="IsCount">Whether the numbers are counts.</param>
internal sealed record Quantity(string Name, IReadOnlyList<(string Name, double[] Values)> Tensors, double Milliseconds, bool IsCount = false);
