using System.Runtime.InteropServices;

namespace Babel.Kernels.Interop;

/// <summary>Asks the system for large pages under large blocks: fewer page faults while loading, fewer address translations while multiplying.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a large page on x86-64 and on most of ARM64.</summary>
    public const int Size = 2 << 20;

    private const nuint Page = 4096;
    private const int Advice = 14; // MADV_HUGEPAGE of linux/mman.h

    /// <summary>Whether a block is large enough for one, on a system that can be asked.</summary>
    public static bool Serve(long bytes) => OperatingSystem.IsLinux() && bytes >= Size;

    /// <summary>Advises the whole pages of a block; best effort, Linux only, an answer is not looked at.</summary>
    public static void Advise(void* start, long bytes)
    {
        if (!Serve(bytes)) return;
        nuint first = ((nuint)start + Page - 1) & ~(Page - 1);
        nuint end = ((nuint)start + (nuint)bytes) & ~(Page - 1);
        _ = MemoryAdvise((void*)first, end - first, Advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MemoryAdvise(void* start, nuint length, int advice);
}
