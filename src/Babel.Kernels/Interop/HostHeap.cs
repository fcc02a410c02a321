using System.Runtime.InteropServices;

namespace Babel.Kernels.Interop;

/// <summary>The allocator behind <see cref="HostMemory"/>.</summary>
internal static partial class HostHeap
{
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD of malloc.h
    private const int LargeBlock = 1 << 20;

    /// <summary>
    /// Gives freed memory back to the system. The C library keeps blocks of up to 32 MiB for the next allocation of their size, which between two parts of a
    /// model does not come; from here on, large blocks are pages of their own, which go when they are freed (kept among others, they left holes: 100 MiB in
    /// a study of a 4 GiB model). Linux with glibc only; elsewhere nothing happens.
    /// </summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = SetOption(MapThreshold, LargeBlock);
            _ = TrimFreeBlocks(0);
        }
        catch (EntryPointNotFoundException)
        {
            // another C library
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimFreeBlocks(nuint keep);
}
