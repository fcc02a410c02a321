using System.Security.Cryptography;
using System.Text;
using Babel.Model.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>Says whether two runs cut text alike.</summary>
public static class TokenizerFingerprint
{
    private static readonly string[] Names =
        ["tokenizer.json", "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>SHA-256 (lower-case hexadecimal) over the names and contents of a model folder's tokenizer files.</summary>
    /// <exception cref="ModelNotFoundException">There is none.</exception>
    public static string OfFolder(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] present = [.. Names.Where(n => File.Exists(Path.Combine(folder, n)))];
        if (present.Length == 0)
            throw new ModelNotFoundException("a model folder has no tokenizer", folder, string.Join(", ", Names));
        foreach (string name in present)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name))));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
