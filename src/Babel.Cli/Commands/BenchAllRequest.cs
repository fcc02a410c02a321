using System.Globalization;

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
    IReadOnlyList<int> Sides, IReadOnlyList<string> Models, int Tokens, int Length, int AttentionLength, double Seconds, string? Output, string? Cublas)
{
    /// <summary>The options that ask for this, but for where the record goes.</summary>
    public string Options
    {
        get
        {
            var words = new List<string>();
            foreach (int side in Sides) words.Add(string.Create(CultureInfo.InvariantCulture, $"--side {side}"));
            foreach (string model in Models) words.Add($"--model {model}");
            words.Add(string.Create(
                CultureInfo.InvariantCulture, $"--tokens {Tokens} --length {Length} --attention-length {AttentionLength} --seconds {Seconds}"));
            if (Cublas is not null) words.Add($"--cublas {Cublas}");
            return string.Join(' ', words);
        }
    }
}
