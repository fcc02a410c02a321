using System.Globalization;
using System.Runtime.InteropServices;
using Babel.Analysis.Corpora;
using Babel.Analysis.Plnd;
using Babel.Analysis.Runs;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model.Files;

namespace Babel.Analysis.Study;

/// <summary>What determines a study, and where it ran, for the manifest.</summary>
internal static class StudyIdentity
{
    private static readonly string[] ModelFiles =
        ["config.json", "*.safetensors", "*.safetensors.index.json", "*.bin.index.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json",
            "*.model", "vocab*", "merges.txt"];

    /// <summary>Everything that determines the results: hashes of every file read, and every option.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(
        StudyOptions options, string folder, Device device, Action<long, long, string> progress, CancellationToken ct)
    {
        var files = Inputs(options, folder);
        long total = files.Sum(f => FileLength.Of(f.Path)), done = 0;
        var identity = new List<KeyValuePair<string, string>> { new("babel", Version), new("device", device.Name), new("precision", device.Precision.Word()) };
        foreach (var (name, path) in files)
        {
            ct.ThrowIfCancellationRequested();
            progress(done, total, $"hashing {Path.GetFileName(path)}");
            identity.Add(new(name, ContentKey.OfFile(path)));
            done += FileLength.Of(path);
        }

        identity.AddRange(OptionsOf(options));
        return identity;
    }

    /// <summary>Where and how it runs.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Environment(StudyOptions options, string folder, Device device) =>
    [
        new("command", options.Command), new("model", folder), new("corpus", Path.GetFullPath(options.Corpus)),
        new("device", $"{device.Name}: {device.Description}"), new("runtime", RuntimeInformation.FrameworkDescription),
        new("system", RuntimeInformation.OSDescription), new("architecture", RuntimeInformation.ProcessArchitecture.ToString()),
        new("processors", System.Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
    ];

    private static string Version => typeof(StudyIdentity).Assembly.GetName().Version?.ToString(3) ?? "0";

    private static List<(string Name, string Path)> Inputs(StudyOptions options, string folder) =>
    [
        .. ModelFiles.SelectMany(pattern => Directory.GetFiles(folder, pattern)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(path => ("sha256 of model/" + Path.GetFileName(path), path)),
        .. CorpusReader.Files(options.Corpus).Select(path => ("sha256 of corpus/" + Path.GetFileName(path), path)),
    ];

    private static IEnumerable<KeyValuePair<string, string>> OptionsOf(StudyOptions o)
    {
        yield return new("languages", o.Languages is null ? "all" : string.Join(',', o.Languages.Order(StringComparer.Ordinal)));
        yield return new("split", o.Split.ToString());
        yield return new("split.block", $"{o.SplitBlock}");
        yield return new("context", o.Context is { } c ? $"{c}" : "model");
        yield return new("statistics.parts", string.Join(',', o.Statistics.Parts));
        yield return new("statistics.importance", o.Statistics.Importance.ToString());
        yield return new("statistics.qkImportance", o.Statistics.QkImportance.ToString());
        yield return new("statistics.keepDocuments", $"{o.Statistics.KeepDocuments}");
        yield return new("selection.rule", o.Selection.Rule.ToString());
        yield return new("selection.share", $"{o.Selection.Share:R}");
        foreach (var (name, value) in o.Plnd.Describe(o.Plnd.Parts ?? [])) yield return new("plnd." + name, value);
        yield return new("lape.topRate", $"{o.Lape.TopRate:R}");
        yield return new("lape.filterRate", $"{o.Lape.FilterRate:R}");
        yield return new("lape.activationBarRatio", $"{o.Lape.ActivationBarRatio:R}");
        yield return new("controls", $"{o.Ablation.Controls}");
        yield return new("controls.seeds", string.Join(',', o.Ablation.Seeds));
    }
}
