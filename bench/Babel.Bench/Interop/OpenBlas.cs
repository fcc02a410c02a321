using System.Runtime.InteropServices;

namespace Babel.Bench.Interop;

/// <summary>OpenBLAS, when the system has it: what our matrix product is measured against. Called by P/Invoke, never shipped.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    /// <summary>Whether it can be called.</summary>
    public static bool IsPresent => NativeLibrary.TryLoad(Library, out _);

    /// <summary>The kernel family it chose.</summary>
    public static string Core => Marshal.PtrToStringAnsi((nint)CoreName()) ?? "";

    /// <summary>y = x W^T, or, for one row, y = W x by sgemv.</summary>
    public static void Multiply(float* x, float* w, float* y, int m, int n, int k)
    {
        if (m == 1) Gemv(RowMajor, NoTranspose, n, k, 1, w, k, x, 1, 0, y, 1);
        else Gemm(RowMajor, NoTranspose, Transpose, m, n, k, 1, x, k, w, k, 0, y, n);
    }

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* CoreName();

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Gemm(
        int order, int transA, int transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library, EntryPoint = "cblas_sgemv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Gemv(
        int order, int trans, int m, int n, float alpha, float* a, int lda, float* x, int incx, float beta, float* y, int incy);
}
