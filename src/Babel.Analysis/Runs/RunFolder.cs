using System.Globalization;
using Babel.Analysis.Errors;
using Babel.Model.Files;

namespace Babel.Analysis.Runs;

/// <summary>
/// A folder that belongs to one run: its manifest, the journal of what is finished, and its results, each of them whole or absent. One
/// process at a time holds it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string ManifestName = "manifest.json", JournalName = "journal.jsonl", LockName = "run.lock";

    private readonly FileStream _lock;
    private readonly TimeProvider _clock;
    private readonly SortedDictionary<string, string> _outputs = new(StringComparer.Ordinal);
    private RunManifest _manifest;

    private RunFolder(string path, FileStream @lock, RunManifest manifest, RunState state, TimeProvider clock)
    {
        Path = path;
        _lock = @lock;
        _manifest = manifest;
        State = state;
        _clock = clock;
        Journal = Journal.Open(File(JournalName));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>How it was found.</summary>
    public RunState State { get; }

    /// <summary>What is finished.</summary>
    public Journal Journal { get; }

    /// <summary>Takes a folder for a run: makes it, or goes on with a run of the same identity.</summary>
    /// <param name="path">The folder; it may not be there yet.</param>
    /// <param name="kind">The kind of run.</param>
    /// <param name="identity">Everything that determines the results.</param>
    /// <param name="environment">Where and how it runs.</param>
    /// <param name="clock">For the time stamps.</param>
    /// <exception cref="RunRefusedException">It is in use, holds another run, or files of something else.</exception>
    /// <exception cref="StoreCorruptException">Its manifest or journal is damaged.</exception>
    public static RunFolder Open(
        string path, string kind, IReadOnlyList<KeyValuePair<string, string>> identity,
        IReadOnlyList<KeyValuePair<string, string>> environment, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        RefuseForeign(path);
        Directory.CreateDirectory(path);
        var held = Lock(path);
        try
        {
            string manifestPath = System.IO.Path.Combine(path, ManifestName);
            RemoveLeftovers(path);
            var asked = new RunManifest { Kind = kind, Identity = identity, Environment = environment };
            RunManifest manifest;
            var state = RunState.Fresh;
            if (System.IO.File.Exists(manifestPath))
            {
                var stored = RunManifest.Read(manifestPath);
                RefuseOther(path, stored, asked);
                state = stored.Finished ? RunState.Finished : RunState.Resumed;
                int resumed = stored.Times.Count(t => t.Key.StartsWith("resumed", StringComparison.Ordinal)) + 1;
                manifest = stored.Finished ? stored : stored with { Times = [.. stored.Times, new($"resumed.{resumed}", Stamp(clock))] };
            }
            else
            {
                manifest = asked with { Times = [new("started", Stamp(clock))] };
            }

            if (state != RunState.Finished) manifest.Write(manifestPath);
            return new RunFolder(path, held, manifest, state, clock);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The path of a file of this folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a result in one step and notes its hash.</summary>
    /// <param name="name">Path within the folder, with forward slashes.</param>
    /// <param name="text">Contents; written as UTF-8.</param>
    public void WriteText(string name, string text)
    {
        AtomicFile.WriteText(File(name), text);
        Note(name);
    }

    /// <summary>Writes a result in one step and notes its hash.</summary>
    /// <param name="name">Path within the folder, with forward slashes.</param>
    /// <param name="write">Writes the contents.</param>
    public void Write(string name, Action<Stream> write)
    {
        AtomicFile.Write(File(name), write);
        Note(name);
    }

    /// <summary>Notes a result that something else wrote, with its hash.</summary>
    public void Note(string name) => _outputs[name] = ContentKey.OfFile(File(name));

    /// <summary>Adds what became known only after the folder was opened to the manifest's environment.</summary>
    public void Describe(string name, string value) =>
        _manifest = _manifest with { Environment = [.. _manifest.Environment.Where(e => e.Key != name), new(name, value)] };

    /// <summary>Marks the run finished. The stamps of a run that was finished already stay as they are.</summary>
    /// <param name="phaseSeconds">Wall time of every phase.</param>
    public void Finish(IReadOnlyList<KeyValuePair<string, double>> phaseSeconds)
    {
        if (!_manifest.Finished)
        {
            _manifest = _manifest with
            {
                Times =
                [
                    .. _manifest.Times, new("finished", Stamp(_clock)),
                    .. phaseSeconds.Select(p => KeyValuePair.Create("seconds." + p.Key, p.Value.ToString("0.000", CultureInfo.InvariantCulture))),
                ],
            };
        }

        _manifest = _manifest with { Finished = true, Outputs = [.. _outputs] };
        _manifest.Write(File(ManifestName));
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose()
    {
        Journal.Dispose();
        _lock.Dispose();
    }

    private static void RefuseForeign(string path)
    {
        if (System.IO.File.Exists(path))
            throw new RunRefusedException("a run needs a folder", path, "a folder, or a name that is free", "a file");
        if (!Directory.Exists(path) || System.IO.File.Exists(System.IO.Path.Combine(path, ManifestName))) return;
        string[] strange = [.. Directory.EnumerateFileSystemEntries(path).Select(e => System.IO.Path.GetFileName(e)!)
            .Where(n => n != LockName && !IsLeftover(n)).Order(StringComparer.Ordinal).Take(4)];
        if (strange.Length == 0) return;
        throw new RunRefusedException(
            "a folder holds files but no run", path, $"an empty folder, or one with a {ManifestName}", string.Join(", ", strange),
            "name another folder with --out");
    }

    private static void RefuseOther(string path, RunManifest stored, RunManifest asked)
    {
        var was = stored.Identity.Prepend(new("kind", stored.Kind)).ToDictionary(StringComparer.Ordinal);
        var now = asked.Identity.Prepend(new("kind", asked.Kind)).ToDictionary(StringComparer.Ordinal);
        // Runs made before there was a choice of precision are exact.
        was.TryAdd("precision", "exact");
        now.TryAdd("precision", "exact");
        string[] different = [.. was.Keys.Union(now.Keys, StringComparer.Ordinal)
            .Where(k => was.GetValueOrDefault(k) != now.GetValueOrDefault(k)).Order(StringComparer.Ordinal)];
        if (different.Length == 0) return;
        string Values(Dictionary<string, string> of) => string.Join("; ", different.Select(k => $"{k} = {of.GetValueOrDefault(k, "(nothing)")}"));
        throw new RunRefusedException(
            "a folder holds a run of other options", path, Values(was), Values(now),
            "repeat the run with the options it was started with (they are in its manifest.json), or name another folder with --out");
    }

    /// <summary>Holds a folder, made when missing, for one process until disposed; for commands that keep no manifest.</summary>
    /// <exception cref="RunRefusedException">Another process holds it.</exception>
    /// <exception cref="IOException">It is a file, or cannot be made.</exception>
    public static IDisposable Hold(string path)
    {
        if (System.IO.File.Exists(path)) throw new IOException($"{path} is a file, and a run needs a folder");
        Directory.CreateDirectory(path);
        return Lock(path);
    }

    private static FileStream Lock(string path)
    {
        string file = System.IO.Path.Combine(path, LockName);
        try
        {
            // The lock is the operating system's hold on the open file, not the file: a killed run leaves no lock behind.
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (System.IO.File.Exists(file))
        {
            throw new RunRefusedException(
                "a run folder is in use", path, "one run at a time", "another process holds " + LockName,
                "wait for it, or name another folder with --out", e);
        }
    }

    // Temporary files of a run that was killed while it wrote: see AtomicFile.
    private static void RemoveLeftovers(string path)
    {
        foreach (string file in Directory.EnumerateFiles(path, ".*.tmp", SearchOption.AllDirectories).Where(f => IsLeftover(System.IO.Path.GetFileName(f))))
            System.IO.File.Delete(file);
    }

    private static bool IsLeftover(string name)
    {
        string[] parts = name.Split('.');
        return parts.Length >= 4 && parts[0].Length == 0 && parts[^1] == "tmp" && Guid.TryParseExact(parts[^2], "N", out _);
    }

    private static string Stamp(TimeProvider clock) => clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
