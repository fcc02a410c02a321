using System.Runtime.InteropServices;

namespace Babel.Bench.Interop;

/// <summary>Processor time of the calling thread: on a machine that others use too, what wall-clock time cannot say. Linux only; for one thread.</summary>
internal static unsafe partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID of time.h

    /// <summary>Seconds this thread has computed.</summary>
    public static double Seconds
    {
        get
        {
            long* parts = stackalloc long[2];
            if (Get(ThreadCpuTime, parts) != 0) throw new PlatformNotSupportedException("there is no clock of the thread's processor time");
            return parts[0] + (parts[1] * 1e-9);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Get(int clock, long* time);
}
