using System.Globalization;
using Babel.Cli.Options;
using Babel.Model;

namespace Babel.Cli.Inputs;

/// <summary>
/// Sites from the command line: <c>MlpPost</c> (every layer), <c>MlpPost@3</c>, <c>MlpPost@0-5</c>, <c>Logits</c>, <c>all</c>, with commas between them.
/// </summary>
internal static class SiteList
{
    /// <summary>The sites, in the order they were named, each once; sites a model does not have are left out when they come from <c>all</c>.</summary>
    /// <exception cref="UsageException">No such site, or no such layer.</exception>
    public static IReadOnlyList<SiteRef> Parse(string text, DecoderSpec spec)
    {
        var sites = new List<SiteRef>();
        foreach (string item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (item.Equals("all", StringComparison.OrdinalIgnoreCase))
                sites.AddRange(Enum.GetValues<Site>().Where(site => Exists(site, spec)).SelectMany(site => Expand(site, 0, spec.Layers - 1)));
            else
                sites.AddRange(Item(item, spec));
        }

        return sites.Count > 0 ? [.. sites.Distinct()] : throw new UsageException("--sites names no site");
    }

    private static IEnumerable<SiteRef> Item(string item, DecoderSpec spec)
    {
        string[] parts = item.Split('@', 2);
        if (!Enum.TryParse<Site>(parts[0], ignoreCase: true, out var site) || char.IsDigit(parts[0][0]))
            throw new UsageException($"--sites: there is no site '{parts[0]}'; there are {string.Join(", ", Enum.GetNames<Site>())}");
        if (!Exists(site, spec)) throw new UsageException($"--sites: a {spec.Family} model has no {site}");
        if (parts.Length == 1) return Expand(site, 0, spec.Layers - 1);
        if (new SiteRef(site, 0).IsGlobal) throw new UsageException($"--sites: {site} belongs to no layer");
        string[] range = parts[1].Split('-', 2);
        int first = Layer(range[0], item, spec);
        return Expand(site, first, range.Length == 1 ? first : Layer(range[1], item, spec));
    }

    private static int Layer(string text, string item, DecoderSpec spec) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && layer < spec.Layers
            ? layer
            : throw new UsageException($"--sites: '{item}' names no layer of 0 to {spec.Layers - 1}");

    private static IEnumerable<SiteRef> Expand(Site site, int first, int last) => new SiteRef(site, 0).IsGlobal
        ? [new SiteRef(site, -1)]
        : Enumerable.Range(first, Math.Max(0, last - first + 1)).Select(layer => new SiteRef(site, layer));

    private static bool Exists(Site site, DecoderSpec spec) => site == Site.Pattern || spec.Width(site) > 0;
}
