using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Babel.Model.Files.Interop;

/// <summary>Tells the system which bytes of a file will be read next, so that a disk works while the processor does. Linux only; best effort.</summary>
internal static partial class FileAdvice
{
    private const int WillNeed = 3; // POSIX_FADV_WILLNEED of linux/fadvise.h

    /// <summary>Begins to bring bytes into the page cache, and does not wait for them.</summary>
    public static void WillRead(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(file, offset, length, WillNeed);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise64")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
