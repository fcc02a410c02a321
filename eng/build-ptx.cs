// Compiles the CUDA kernels, src/Babel.Kernels/Cuda/Kernels/*.cu, to the PTX the library carries, src/Babel.Kernels/Cuda/Ptx:
//
//     dotnet run eng/build-ptx.cs [repository root]
//
// PTX is committed so that neither the builder nor the user of this program needs a CUDA compiler: the driver compiles it for its device. One
// version of clang is pinned, whose output repeats to the byte; a test compiles this file in, builds again where that clang is installed, and
// compares.
using System.Diagnostics;
using System.Text;

#if !BABEL_TESTS
string root = args.Length > 0 ? args[0] : Directory.GetCurrentDirectory();
if (PtxBuilder.WhyNot() is { } reason)
{
    Console.Error.WriteLine(reason);
    return 1;
}

foreach (var target in PtxBuilder.Targets)
{
    File.WriteAllText(Path.Combine(root, target.Output), PtxBuilder.Build(root, target));
    Console.WriteLine(target.Output);
}

return 0;
#endif

#pragma warning disable MA0047 // a program in one file has no namespace
internal static class PtxBuilder
{
    /// <summary>The compiler, as Debian 12 installs it: package clang-19.</summary>
    public const string Compiler = "clang-19";

    /// <summary>What its first line of --version must hold.</summary>
    public const string Version = "19.1.7 (3~deb12u1)";

    private const string Folder = "src/Babel.Kernels/Cuda";

    // -ffp-contract=off: a multiplication and an addition are fused where the source says fma and nowhere else. No SDK, no device library.
    private const string Flags =
        "-x cuda --cuda-device-only -nocudainc -nocudalib -S -O3 -std=c++20 -ffp-contract=off -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter";

    /// <summary>A source, the GPUs it is for, and the PTX version that names their instructions.</summary>
    internal sealed record Target(string Source, string Architecture, string PtxVersion)
    {
        /// <summary>Path of the PTX from the repository root.</summary>
        public string Output => $"{Folder}/Ptx/{Source}.{Architecture}.ptx";
    }

    /// <summary>Every PTX file.</summary>
    public static IReadOnlyList<Target> Targets { get; } =
    [
        new("babel", "sm_70", "63"),
        new("tensor", "sm_80", "70"),
        new("hopper", "sm_90a", "80"),
    ];

    /// <summary>Why nothing can be built here, or null.</summary>
    public static string? WhyNot()
    {
        try
        {
            string version = Run(Compiler, "--version");
            return version.Contains(Version, StringComparison.Ordinal) ? null : $"{Compiler} is {version.Split('\n')[0]}, not {Version}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"{Compiler} is not installed";
        }
    }

    /// <summary>The PTX of a target, comments taken out.</summary>
    public static string Build(string root, Target target)
    {
        string source = Path.Combine(root, Folder, "Kernels", target.Source + ".cu");
        string ptx = Run(Compiler, $"{Flags} --cuda-feature=+ptx{target.PtxVersion} --cuda-gpu-arch={target.Architecture} \"{source}\" -o -");
        var text = new StringBuilder();
        foreach (string line in ptx.ReplaceLineEndings("\n").Split('\n'))
        {
            int comment = line.IndexOf("//", StringComparison.Ordinal);
            string code = (comment < 0 ? line : line[..comment]).TrimEnd();
            if (code.Length > 0) text.Append(code).Append('\n');
        }

        return text.ToString();
    }

    private static string Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed:\n{errors.Result}");
    }
}
