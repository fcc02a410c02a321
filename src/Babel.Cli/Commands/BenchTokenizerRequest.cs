namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench tokenizer</c> is asked for.</summary>
/// <param name="Folders">With tokenizers, or with folders that have one; none for the sample's.</param>
/// <param name="Corpus">Text file or folder; null for the sample's.</param>
/// <param name="Seconds">For each tokenizer.</param>
internal sealed record BenchTokenizerRequest(IReadOnlyList<string> Folders, string? Corpus, double Seconds);
