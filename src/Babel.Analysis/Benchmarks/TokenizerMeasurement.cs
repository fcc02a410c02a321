using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Analysis.Benchmarks;

/// <summary>How fast a tokenizer reads text, with its caches warm.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="VocabularySize">One more than its highest id.</param>
/// <param name="LoadSeconds">Loading the folder.</param>
/// <param name="Bytes">Of the text, in UTF-8.</param>
/// <param name="Tokens">Of the text, without special tokens.</param>
/// <param name="OneCore">The text, on one thread.</param>
/// <param name="Threads">Threads of <paramref name="AllCores"/>.</param>
/// <param name="AllCores">The text, as a corpus is encoded.</param>
public sealed record TokenizerMeasurement(
    string Name, int VocabularySize, double LoadSeconds, long Bytes, long Tokens, Timing OneCore, int Threads, Timing AllCores)
{
    /// <summary>10^6 bytes a second on one thread.</summary>
    public double MegabytesOneCore => Bytes / OneCore.Median / 1e6;

    /// <summary>10^6 bytes a second on all.</summary>
    public double MegabytesAllCores => Bytes / AllCores.Median / 1e6;
}
