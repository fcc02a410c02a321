using System.Runtime.InteropServices;

namespace Babel.Kernels.Interop;

/// <summary>The allocator behind <see cref="HostMemory"/>.</summary>
internal static partial class HostHeap
{
    /// <summary>
    /// Gives freed memory back to the system. The C library keeps blocks of up to 32 MiB for the next allocation of their size, which between two parts of a
    /// model does not come. Linux with glibc only; elsewhere nothing happens.
    /// </summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = TrimFreeBlocks(0);
        }
        catch (EntryPointNotFoundException)
        {
            // another C library
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimFreeBlocks(nuint keep);
}
