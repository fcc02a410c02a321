using Babel.Model.Errors;

namespace Babel.Model.Hub;

/// <summary>
/// Finds model folders: a path, or a model that Hugging Face's tools have downloaded into their cache
/// (https://huggingface.co/docs/huggingface_hub/guides/manage-cache: <c>models--org--name/refs/REVISION</c> names a commit,
/// <c>snapshots/COMMIT</c> is the folder). Nothing is ever downloaded.
/// </summary>
public sealed class HubCache
{
    private readonly Func<string, string?> _environment;

    /// <summary>Uses the process environment, or a stand-in.</summary>
    public HubCache(Func<string, string?>? environment = null) => _environment = environment ?? Environment.GetEnvironmentVariable;

    /// <summary>The cache folder: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub.</summary>
    public string Folder
    {
        get
        {
            if ((Get("HF_HUB_CACHE") ?? Get("HUGGINGFACE_HUB_CACHE")) is { } direct) return direct;
            if (Get("HF_HOME") is { } home) return Path.Combine(home, "hub");
            string cache = Get("XDG_CACHE_HOME")
                ?? Path.Combine(Get("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "huggingface", "hub");
        }
    }

    /// <summary>The folder of <paramref name="model"/>: an existing path, or <c>org/name[@revision]</c> in the cache.</summary>
    /// <exception cref="ModelNotFoundException">It is neither; the message says which command would download it.</exception>
    public static string Resolve(string model) => new HubCache().Find(model);

    /// <inheritdoc cref="Resolve"/>
    public string Find(string model)
    {
        if (Directory.Exists(model)) return CheckFolder(Path.GetFullPath(model));
        int at = model.LastIndexOf('@');
        string name = at < 0 ? model : model[..at];
        string revision = at < 0 ? "main" : model[(at + 1)..];
        if (!IsModelName(name) || !IsPlain(revision))
        {
            throw new ModelNotFoundException(
                "there is no such model folder",
                model,
                "a folder with config.json and model.safetensors, or org/name[@revision] of the Hugging Face hub");
        }

        string repository = Path.Combine(Folder, "models--" + name.Replace("/", "--", StringComparison.Ordinal));
        string? commit = ReadRef(repository, revision);
        string snapshot = Path.Combine(repository, "snapshots", commit ?? revision);
        if (Directory.Exists(snapshot) && File.Exists(Path.Combine(snapshot, "config.json"))) return snapshot;
        throw new ModelNotFoundException(
            "the model is not in the Hugging Face cache",
            snapshot,
            $"{name} at revision {revision}",
            hint: Download(name, revision) + "\n            (Babel itself never downloads; a folder path works as well)");
    }

    private static string Download(string name, string revision) =>
        $"huggingface-cli download {name}{Revision(revision)} (newer: hf download {name}{Revision(revision)})";

    private static string Revision(string revision) => revision == "main" ? "" : " --revision " + revision;

    private static string CheckFolder(string folder) => File.Exists(Path.Combine(folder, "config.json"))
        ? folder
        : throw new ModelNotFoundException("the folder is no model folder", folder, "a config.json in it");

    private static string? ReadRef(string repository, string revision)
    {
        string path = Path.Combine(repository, "refs", revision);
        if (!File.Exists(path)) return null;
        string commit = File.ReadAllText(path).Trim();
        return IsPlain(commit) && !commit.Contains('/', StringComparison.Ordinal)
            ? commit
            : throw new ModelFormatException("a ref of the Hugging Face cache names no commit", path, "a commit hash", commit);
    }

    private static bool IsModelName(string name) => IsPlain(name) && name.Count(c => c == '/') <= 1;

    /// <summary>Names that stay inside the cache: no empty, hidden or parent folder among their parts.</summary>
    private static bool IsPlain(string text) => text.Split('/').All(part =>
        part.Length > 0 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));

    private string? Get(string name) => _environment(name) is { Length: > 0 } value ? value : null;
}
