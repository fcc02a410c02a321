using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>
/// The tokenizers and expected ids that lie beside the repository, not in it (other people's licences). Big files are xz;
/// they are unpacked with the xz program into a folder under the temporary one, once a run.
/// </summary>
public sealed class ReferenceData : IDisposable
{
    private readonly string? _source = Fixtures.Shared("tokenizers");
    private readonly string _unpacked = Path.Combine(Path.GetTempPath(), "babel-tokenizers-" + Guid.NewGuid().ToString("N"));

    /// <summary>The folder, or a visible skip.</summary>
    public string Source
    {
        get
        {
            Skip.If(_source is null, "no shared/tokenizers beside the repository");
            return _source!;
        }
    }

    /// <summary>A tokenizer's folder with everything unpacked.</summary>
    public string Folder(string name)
    {
        var source = Path.Combine(Source, name);
        Skip.IfNot(Directory.Exists(source), $"no {name} in {Source}");
        lock (_unpacked)
        {
            var target = Path.Combine(_unpacked, name);
            if (Directory.Exists(target)) return target;
            Directory.CreateDirectory(target);
            foreach (var file in Directory.GetFiles(source))
            {
                if (file.EndsWith(".xz", StringComparison.Ordinal)) Unpack(file, Path.Combine(target, Path.GetFileNameWithoutExtension(file)));
                else File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
            }

            return target;
        }
    }

    public JsonDocument? Json(string name, string file)
    {
        var path = Path.Combine(Source, name, file);
        return File.Exists(path) ? JsonDocument.Parse(File.ReadAllBytes(path)) : null;
    }

    public static string HashOf(List<int> ids)
    {
        var bytes = new byte[ids.Count * 4];
        for (var i = 0; i < ids.Count; i++) BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), ids[i]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    public void Dispose()
    {
        if (Directory.Exists(_unpacked)) Directory.Delete(_unpacked, recursive: true);
    }

    private static void Unpack(string file, string target)
    {
        var start = new ProcessStartInfo("xz", ["-d", "-c", file]) { RedirectStandardOutput = true, UseShellExecute = false };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "the xz program is not installed");
        }

        using (process)
        using (var output = File.Create(target))
        {
            process!.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }
}
