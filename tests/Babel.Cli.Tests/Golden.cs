using Babel.Cli.Tests.House;
using Babel.Model.Files;

namespace Babel.Cli.Tests;

/// <summary>The reference tensors under tests/fixtures/golden, computed by Hugging Face transformers in float64.</summary>
internal static class Golden
{
    /// <summary>The folder of a case.</summary>
    public static string Folder(string name) => Fixtures.Golden(name);

    /// <summary>Folders that hold a model and its expected tensors.</summary>
    public static IEnumerable<string> Models() => Directory.EnumerateDirectories(Folder(""))
        .Where(f => File.Exists(Path.Combine(f, "config.json")) && File.Exists(Path.Combine(f, "expected.safetensors")))
        .Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    /// <summary>The expected tensors of a case.</summary>
    public static SafetensorsFile Expected(string name) => SafetensorsFile.Open(Path.Combine(Folder(name), "expected.safetensors"));

    /// <summary>An I64 [B, T] tensor as the JSON that <c>--ids</c> takes.</summary>
    public static string Json(SafetensorsFile file, string tensor)
    {
        long width = file[tensor].Shape[1];
        return "[" + string.Join(',', file.ReadArray<long>(tensor).Chunk((int)width).Select(row => $"[{string.Join(',', row)}]")) + "]";
    }

    /// <summary>The site a golden tensor is, or null for those that are none (or no site of ours).</summary>
    public static string? SiteOf(string tensor, int layers)
    {
        string[] parts = tensor.Split('.');
        return parts[0] switch
        {
            "logits" when parts.Length == 1 => "Logits",
            "hidden_states" => Hidden(int.Parse(parts[1]), layers),
            "attentions" => $"Pattern.{parts[1]}",
            "layers" => parts[2] switch
            {
                "out" => $"ResidPost.{parts[1]}",
                "attn_in" => $"AttnIn.{parts[1]}",
                "q" or "k" or "v" => $"{parts[2].ToUpperInvariant()}.{parts[1]}",
                "o_in" => $"Z.{parts[1]}",
                "o_out" => $"AttnOut.{parts[1]}",
                "ffn_in" => $"MlpIn.{parts[1]}",
                "ffn_gate" or "ffn_pre" => $"MlpPre.{parts[1]}",
                "ffn_up" => $"MlpUp.{parts[1]}",
                "ffn_act" => $"MlpPost.{parts[1]}",
                "ffn_out" => $"MlpOut.{parts[1]}",
                _ => null,
            },
            _ => null,
        };
    }

    private static string Hidden(int k, int layers) => k == 0 ? "Embed" : k == layers ? "FinalNorm" : $"ResidPost.{k - 1}";
}
