namespace Babel.Model.Families;

/// <summary>
/// Reads the rotation in its three spellings: <c>rope_theta</c> and <c>rope_scaling</c> with "type" (until 4.42) or "rope_type" (from 4.43), and
/// <c>rope_parameters</c> (from 5.0), which holds theta and the partial factor as well.
/// </summary>
internal static class RopeConfig
{
    public static RopeSpec Read(ConfigReader config, int headDim, int maxPositions, double defaultPartial = 1, params ReadOnlySpan<string> olderNames)
    {
        var scaling = config.Section("rope_scaling");
        var parameters = config.Section("rope_parameters");
        var section = parameters ?? scaling;
        string[] theta = ["rope_theta", .. Pick(olderNames, "base")];
        string[] partial = ["partial_rotary_factor", .. Pick(olderNames, "pct")];
        double? sectionTheta = section?.NumberOrNull("rope_theta");
        double? sectionPartial = section?.NumberOrNull("partial_rotary_factor");
        var spec = new RopeSpec
        {
            Width = (int)(headDim * (config.NumberOrNull(partial) ?? sectionPartial ?? defaultPartial)),
            Theta = config.NumberOrNull(theta) ?? sectionTheta ?? 10000,
        };
        if (section is null) return spec;
        spec = Scaled(spec, section, maxPositions, trustsOriginal: parameters is not null);
        section.Finish("rotary scaling");
        return spec;
    }

    private static RopeSpec Scaled(RopeSpec spec, ConfigReader section, int maxPositions, bool trustsOriginal)
    {
        string type = section.Text("rope_type", "type") ?? "default";
        if (type == "default")
        {
            section.Ignore("factor", "original_max_position_embeddings");
            return spec;
        }

        int? original = section.IntOr(null, "original_max_position_embeddings");

        // Until 5.0 the released code computed YaRN's range and dynamic NTK's growth from max_position_embeddings whatever the section
        // said; files written since mean the original length. docs/formats.md.
        int reference = (trustsOriginal ? original : null) ?? maxPositions;
        double Factor() => section.NumberOrNull("factor") is { } factor and >= 1
            ? factor
            : throw section.Unsupported("factor", "at least 1", "none, or less", $"scaling of type {type} needs it");
        switch (type)
        {
            case "linear":
                return spec with { Scaling = RopeScaling.Linear, Factor = Factor() };
            case "dynamic":
                return spec with { Scaling = RopeScaling.Dynamic, Factor = Factor(), OriginalLength = reference };
            case "llama3":
                return spec with
                {
                    Scaling = RopeScaling.Llama3,
                    Factor = Factor(),
                    OriginalLength = original ?? throw section.Unsupported("original_max_position_embeddings", "a length", "none", "llama3 scaling needs it"),
                    LowFrequencyFactor = section.Number(1, "low_freq_factor"),
                    HighFrequencyFactor = section.Number(4, "high_freq_factor"),
                };
            case "yarn":
                section.Ignore("finetuned");
                section.Require("truncate", value: true, "untruncated YaRN ranges are not implemented");
                return spec with
                {
                    Scaling = RopeScaling.Yarn,
                    Factor = Factor(),
                    OriginalLength = reference,
                    BetaFast = section.Number(32, "beta_fast"),
                    BetaSlow = section.Number(1, "beta_slow"),
                    AttentionFactor = section.NumberOrNull("attention_factor") ?? ((0.1 * Math.Log(Factor())) + 1),
                };
            default:
                throw section.Unsupported("rope_type", "default, linear, dynamic, llama3 or yarn", type, "this scaling is not implemented");
        }
    }

    private static string[] Pick(ReadOnlySpan<string> names, string ending)
    {
        var picked = new List<string>();
        foreach (string name in names)
        {
            if (name.EndsWith(ending, StringComparison.Ordinal)) picked.Add(name);
        }

        return [.. picked];
    }
}
