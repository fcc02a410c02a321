using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Diagnostics.Bench.Interop;

/// <summary>
/// NVIDIA's product, to be measured beside ours where it happens to be installed: the program itself never calls it. Signatures and codes: cuBLAS Library
/// documentation, cublasGemmEx; library_types.h.
/// </summary>
internal sealed unsafe class CublasLibrary
{
    private readonly delegate* unmanaged<nint*, int> _create;
    private readonly delegate* unmanaged<nint, int> _destroy;
    private readonly delegate* unmanaged<nint, nint, int> _setStream;
    private readonly delegate* unmanaged<nint, int*, int> _getVersion;
    private readonly delegate* unmanaged<nint, int, int, int, int, int, void*, void*, int, int, void*, int, int, void*, void*, int, int, int, int, int> _gemm;

    private CublasLibrary(nint library)
    {
        _create = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cublasCreate_v2");
        _destroy = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cublasDestroy_v2");
        _setStream = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "cublasSetStream_v2");
        _getVersion = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(library, "cublasGetVersion_v2");
        _gemm = (delegate* unmanaged<nint, int, int, int, int, int, void*, void*, int, int, void*, int, int, void*, void*, int, int, int, int, int>)
            NativeLibrary.GetExport(library, "cublasGemmEx");
    }

    /// <summary>Loads the library, or says why there is none.</summary>
    /// <param name="path">A file; null for the system's, versions 13 to 11.</param>
    /// <param name="whyNot">The reason, or null.</param>
    public static CublasLibrary? TryLoad(string? path, out string? whyNot)
    {
        string[] names = path is not null ? [path]
            : OperatingSystem.IsWindows() ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
            : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"];
        whyNot = null;
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library)) continue;
            try
            {
                return new CublasLibrary(library);
            }
            catch (EntryPointNotFoundException e)
            {
                whyNot = $"{name} is no cuBLAS of version 11 or later: {e.Message}";
            }
        }

        whyNot ??= $"{string.Join(", ", names)} cannot be loaded";
        return null;
    }

    /// <summary>A handle in the current context whose work goes into <paramref name="stream"/>.</summary>
    public nint Create(nint stream)
    {
        nint handle = 0;
        Check(_create(&handle), "cublasCreate", "a handle");
        int status = _setStream(handle, stream);
        if (status != 0) _destroy(handle);
        Check(status, "cublasSetStream", "the device's stream");
        return handle;
    }

    /// <summary>Its version: 10000 major + 100 minor + patch, from 12 on.</summary>
    public int Version(nint handle)
    {
        int version = 0;
        Check(_getVersion(handle, &version), "cublasGetVersion", "the version");
        return version;
    }

    /// <summary>Releases a handle.</summary>
    public void Destroy(nint handle) => _destroy(handle);

    /// <summary>
    /// Enqueues <c>y = x W^T</c>, all row-major: y [m, n], x [m, k], W [n, k]. To cuBLAS, which counts columns first, that is <c>y^T = W x^T</c>.
    /// </summary>
    public void Multiply(nint handle, CublasKind kind, int m, int n, int k, ulong x, ulong w, ulong y)
    {
        const int Brain = 14, Single = 0, Transposed = 1, AsIs = 0, Float32 = 68, Tf32 = 77, DefaultAlgorithm = -1;
        int factors = kind is CublasKind.BrainToFloat or CublasKind.BrainToBrain ? Brain : Single, result = kind == CublasKind.BrainToBrain ? Brain : Single;
        int compute = kind == CublasKind.FloatByTf32 ? Tf32 : Float32;
        float one = 1, zero = 0;
        int status = _gemm(
            handle, Transposed, AsIs, n, m, k, &one, (void*)w, factors, k, (void*)x, factors, k, &zero, (void*)y, result, n, compute, DefaultAlgorithm);
        Check(status, "cublasGemmEx", $"{kind}, {m} x {n} x {k}");
    }

    private static void Check(int status, string call, string asked)
    {
        if (status != 0) throw new KernelException("a call of cuBLAS failed", call, asked, $"status {status}");
    }
}
