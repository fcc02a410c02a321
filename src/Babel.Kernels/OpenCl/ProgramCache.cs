using System.Security.Cryptography;
using System.Text;

namespace Babel.Kernels.OpenCl;

/// <summary>
/// Compiled programs on disk, one file each: 32 bytes SHA-256 of the rest, and the rest. Files are written beside their place and renamed, so
/// processes may share the folder; what is damaged or cannot be read or written is as if it were not there.
/// </summary>
/// <param name="folder">Where they lie, or null to keep none.</param>
internal sealed class ProgramCache(string? folder)
{
    /// <summary>The folder of this user: <c>$XDG_CACHE_HOME/babel/opencl</c> or its like; null if the system names none.</summary>
    public static string? UserFolder
    {
        get
        {
            string? root = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            {
                string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
                if (profile.Length == 0) return null;
                root = OperatingSystem.IsMacOS() ? Path.Combine(profile, "Library", "Caches") : Path.Combine(profile, ".cache");
            }

            return Path.Combine(root, "babel", "opencl");
        }
    }

    /// <summary>The name of a program: a hash of everything it depends on.</summary>
    public static string Key(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A program, or null.</summary>
    public byte[]? Read(string key)
    {
        if (folder is null) return null;
        try
        {
            byte[] file = File.ReadAllBytes(PathOf(key));
            if (file.Length <= SHA256.HashSizeInBytes) return null;
            var payload = file.AsSpan(SHA256.HashSizeInBytes);
            return SHA256.HashData(payload).AsSpan().SequenceEqual(file.AsSpan(0, SHA256.HashSizeInBytes)) ? payload.ToArray() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a program, if that is possible.</summary>
    public void Write(string key, ReadOnlySpan<byte> program)
    {
        if (folder is null) return;
        string path = PathOf(key), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = File.Create(temporary))
            {
                file.Write(SHA256.HashData(program));
                file.Write(program);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is in nobody's way.
        }
    }

    private string PathOf(string key) => Path.Combine(folder!, key + ".bin");
}
