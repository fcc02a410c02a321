namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench all</c> is asked for.</summary>
/// <param name="Sides">Of square products; none for those the device has time for.</param>
/// <param name="Models">Folders or named shapes; none for those the device has time for.</param>
/// <param name="Tokens">Of a batch.</param>
/// <param name="Length">Of a sequence.</param>
/// <param name="AttentionLength">Of the sequence attention is measured on.</param>
/// <param name="Seconds">For each measurement.</param>
/// <param name="Output">The folder of the record, or null.</param>
/// <param name="Cublas">The file of the library to compare with, or null.</param>
internal sealed record BenchAllRequest(
    IReadOnlyList<int> Sides, IReadOnlyList<string> Models, int Tokens, int Length, int AttentionLength, double Seconds, string? Output, string? Cublas);
