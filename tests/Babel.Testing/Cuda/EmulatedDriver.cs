using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Babel.Kernels;
using Babel.Kernels.Cuda;
using Xunit;

namespace Babel.Testing.Cuda;

/// <summary>
/// A CUDA driver whose device is this processor (Cuda/Emulator): built once a test run by the compiler that builds the PTX, and loaded in the
/// place of libcuda. Every instance has a library, a device and faults of its own.
/// </summary>
public sealed partial class EmulatedDriver : IDisposable
{
    private const long DefaultMemory = 8L << 30;
    private static readonly Lazy<string> Library = new(Build);
    private readonly string _copy;
    private readonly nint _handle;

    /// <summary>Loads a driver with one device.</summary>
    /// <exception cref="SkipException">There is no compiler to build it with.</exception>
    public EmulatedDriver(int capability = 80, long memory = DefaultMemory, int devices = 1)
    {
        if (!OperatingSystem.IsLinux()) throw new SkipException("the emulated driver is built on Linux only");
        if (PtxBuilder.WhyNot() is { } reason) throw new SkipException(reason);

        // The loader keeps one copy of a path; another path is another driver.
        _copy = Path.Combine(Path.GetTempPath(), $"babel-emulator-{Environment.ProcessId}-{Guid.NewGuid():N}.so");
        File.Copy(Library.Value, _copy);
        _handle = NativeLibrary.Load(_copy);
        Reset(capability, memory, devices);
    }

    /// <summary>The devices of this driver.</summary>
    public CudaDeviceProvider Provider => new(_copy);

    /// <summary>Calls of the driver since faults were last chosen.</summary>
    public long Calls => Control<Count>("emulator_calls")();

    /// <summary>How often the host has waited for a device that stays behind.</summary>
    public long Waits => Control<Count>("emulator_waits")();

    /// <summary>Kernels launched since the device stays behind.</summary>
    public long Launches => Control<Count>("emulator_launches")();

    /// <summary>What was created and not released.</summary>
    public long Live
    {
        get
        {
            // What the caller forgot is the finalizers' business.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Control<Count>("emulator_live")();
        }
    }

    /// <summary>Opens the device of a driver of its own; the driver stays as long as the process.</summary>
    public static Device OpenDevice(int capability = 80, Precision precision = Precision.Exact)
    {
        using var driver = new EmulatedDriver(capability);
        return driver.Open(precision);
    }

    /// <summary>Opens its first device.</summary>
    public Device Open(Precision precision = Precision.Exact) =>
        Provider.Open(DeviceSpec.Parse("cuda:0"), new DeviceOptions(Precision: precision));

    /// <summary>Begins again, without faults.</summary>
    public void Reset(int capability = 80, long memory = DefaultMemory, int devices = 1) =>
        Control<ResetTo>("emulator_reset")(capability, (nuint)memory, devices);

    /// <summary>The <paramref name="call"/>-th call from now on returns <paramref name="code"/>; codes from 700 on are sticky.</summary>
    public void FailAt(long call, int code) => Control<Fail>("emulator_fail_at")(call, code);

    /// <summary>Every n-th call from now on returns <paramref name="code"/>.</summary>
    public void FailEvery(long n, int code) => Control<Fail>("emulator_fail_every")(n, code);

    /// <summary>Begins the threads of a block with the last: a result that changes lacks a barrier.</summary>
    public void ReverseThreads() => Control<Switch>("emulator_reverse_threads")(1);

    /// <summary>From now on the device gets on only when it is waited for, as one that is infinitely slow.</summary>
    public void StayBehind() => Control<Switch>("emulator_stay_behind")(1);

    /// <summary>Refuses PTX for this target, as a driver that is too old for it.</summary>
    public void RefuseTarget(int target) => Control<Switch>("emulator_refuse_target")(target);

    /// <summary>Kernels whose names begin so do nothing from now on, as if they computed wrongly.</summary>
    public void BreakKernels(string prefix) => Control<Name>("emulator_break_kernels")(prefix);

    /// <inheritdoc/>
    public void Dispose() => File.Delete(_copy);

    private static string Build()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"babel-emulator-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string kernels = Path.Combine(Fixtures.Root, "src/Babel.Kernels"), emulator = Path.Combine(Fixtures.Root, "tests/Babel.Testing/Cuda/Emulator");
        File.WriteAllText(Path.Combine(folder, "registry.inc"), Registry(kernels));
        string library = Path.Combine(folder, "emulator.so");
        string flags = $"-std=c++20 -O2 -march=native -ffp-contract=off -fPIC -shared -I\"{folder}\" -I\"{emulator}\" -I\"{kernels}/Cuda/Kernels\"";
        string sources = string.Join(' ', Directory.GetFiles(emulator, "*.cpp").Order(StringComparer.Ordinal).Select(f => $"\"{f}\""));
        Run($"{flags} {sources} -x c++ -lm -o \"{library}\"");
        return library;
    }

    /// <summary>A line for every kernel of the sources.</summary>
    private static string Registry(string kernels)
    {
        string[] names =
        [
            .. Directory.GetFiles(Path.Combine(kernels, "Cuda/Kernels")).Concat(Directory.GetFiles(Path.Combine(kernels, "Gpu/Kernels"), "*.cl"))
                .Where(f => Path.GetFileName(f) != "attention.cl")
                .SelectMany(f => KernelName().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value)),
        ];
        return string.Concat(names.Select(n => $"KERNEL_ENTRY({n})\n"));
    }

    private static void Run(string arguments)
    {
        var start = new ProcessStartInfo(PtxBuilder.Compiler, "--driver-mode=g++ " + arguments) { UseShellExecute = false, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the emulated driver was not built:\n{errors}");
    }

    private T Control<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(_handle, name));

    [GeneratedRegex(@"^(?:KERNEL(?:_OF\(.*\))? void (?<name>\w+)\(|[A-Z_]+_KERNEL\((?<name>\w+),)", RegexOptions.Multiline)]
    private static partial Regex KernelName();

    private delegate void ResetTo(int capability, nuint memory, int devices);

    private delegate void Fail(long call, int code);

    private delegate void Switch(int value);

    private delegate void Name([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    private delegate long Count();
}
