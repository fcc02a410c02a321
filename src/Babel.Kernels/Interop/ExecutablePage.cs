using System.Runtime.InteropServices;

namespace Babel.Kernels.Interop;

/// <summary>
/// Machine code in memory of its own: written while it may not run, run while it may not be written (W^X). Freed with its owner; nobody may be inside
/// then.
/// </summary>
internal sealed unsafe partial class ExecutablePage : SafeHandle
{
    // linux/mman.h and the same in macOS' sys/mman.h, but for MAP_ANON; memoryapi.h.
    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4, Private = 2, AnonymousLinux = 0x20, AnonymousApple = 0x1000;
    private const uint CommitReserve = 0x3000, Release = 0x8000, PageReadWrite = 4, PageExecuteRead = 0x20;

    private readonly nuint _bytes;

    private ExecutablePage(void* address, nuint bytes)
        : base(0, ownsHandle: true)
    {
        _bytes = bytes;
        SetHandle((nint)address);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Where the code begins.</summary>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Makes a page of <paramref name="code"/>; null when the system does not let a program make code.</summary>
    public static ExecutablePage? TryCreate(ReadOnlySpan<byte> code)
    {
        nuint bytes = (nuint)code.Length;
        bool windows = OperatingSystem.IsWindows();
        void* address = windows
            ? VirtualAlloc(null, bytes, CommitReserve, PageReadWrite)
            : Map(null, bytes, ReadWrite, Private | (OperatingSystem.IsMacOS() ? AnonymousApple : AnonymousLinux), -1, 0);
        if (address == null || (nint)address == -1) return null;
        var page = new ExecutablePage(address, bytes);
        code.CopyTo(new Span<byte>(address, code.Length));
        bool ready = windows ? VirtualProtect(address, bytes, PageExecuteRead, out _) != 0 : Protect(address, bytes, ReadExecute) == 0;
        if (ready) return page;
        page.Dispose();
        return null;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() =>
        OperatingSystem.IsWindows() ? VirtualFree((void*)handle, 0, Release) != 0 : Unmap((void*)handle, _bytes) == 0;

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint old);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
