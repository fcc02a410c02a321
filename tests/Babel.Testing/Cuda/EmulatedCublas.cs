using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Babel.Testing.Cuda;

/// <summary>A cuBLAS for the emulated driver (Cuda/Cublas), built once a test run by the same compiler.</summary>
public sealed class EmulatedCublas : IDisposable
{
    private static readonly Lazy<string> Library = new(Build);
    private readonly nint _handle;

    /// <summary>Loads a library of its own.</summary>
    /// <exception cref="SkipException">There is no compiler to build it with.</exception>
    public EmulatedCublas()
    {
        if (!OperatingSystem.IsLinux()) throw new SkipException("the emulated cuBLAS is built on Linux only");
        if (PtxBuilder.WhyNot() is { } reason) throw new SkipException(reason);
        File = Path.Combine(Path.GetTempPath(), $"babel-cublas-{Environment.ProcessId}-{Guid.NewGuid():N}.so");
        System.IO.File.Copy(Library.Value, File);
        _handle = NativeLibrary.Load(File);
    }

    /// <summary>What is to be loaded.</summary>
    public string File { get; }

    /// <summary>Handles that were created and not destroyed.</summary>
    public long Live => Control<Count>("emulated_cublas_live")();

    /// <summary>Products computed.</summary>
    public long Products => Control<Count>("emulated_cublas_products")();

    /// <summary>Every product from now on returns <paramref name="code"/>.</summary>
    public void Fail(int code) => Control<Switch>("emulated_cublas_fail")(code);

    /// <inheritdoc/>
    public void Dispose() => System.IO.File.Delete(File);

    private static string Build()
    {
        string library = Path.Combine(Path.GetTempPath(), $"babel-cublas-{Environment.ProcessId}.so");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.File.Delete(library);
        string source = Path.Combine(Fixtures.Root, "tests/Babel.Testing/Cuda/Cublas/cublas.cpp");
        var start = new ProcessStartInfo(PtxBuilder.Compiler, $"--driver-mode=g++ -std=c++20 -O2 -fPIC -shared -Wall -Wextra -Werror \"{source}\" -o \"{library}\"")
        {
            UseShellExecute = false, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? library : throw new InvalidOperationException($"the emulated cuBLAS was not built:\n{errors}");
    }

    private T Control<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(_handle, name));

    private delegate void Switch(int value);

    private delegate long Count();
}
