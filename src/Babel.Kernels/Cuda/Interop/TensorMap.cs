using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// A description of a bf16 matrix for the tensor memory accelerator (compute capability 9.0): extents, and the box one copy brings to shared
/// memory, its 16-byte pieces exchanged within every 8 rows so that reading columns meets no bank twice. Written again for every launch, which copies it.
/// </summary>
internal sealed unsafe class TensorMap : SafeHandle
{
    /// <summary>Its size, as CUtensorMap.</summary>
    public const int Bytes = 128;

    /// <summary>Columns of a box: 128 bytes, the widest exchange.</summary>
    public const int BoxColumns = 64;

    private const int Alignment = 64;

    // CUtensorMapDataType, ..Swizzle, ..L2promotion.
    private const int BFloat16 = 9;
    private const int Swizzle128Bytes = 3;
    private const int Promotion256Bytes = 3;
    private readonly CudaContext _context;

    /// <summary>Allocates an empty one.</summary>
    public TensorMap(CudaContext context)
        : base(0, ownsHandle: true)
    {
        _context = context;
        SetHandle((nint)NativeMemory.AlignedAlloc(Bytes, Alignment));
    }

    /// <summary>Where it lies in host memory.</summary>
    public nint Address => handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Describes a row-major matrix at <paramref name="address"/> and boxes of <paramref name="boxRows"/> rows.</summary>
    /// <exception cref="KernelException">The driver cannot: the address or the rows are not multiples of 16 bytes, or it is too old.</exception>
    public void Describe(ulong address, long rows, long columns, int boxRows)
    {
        ulong* extents = stackalloc ulong[] { (ulong)columns, (ulong)rows };
        ulong* strides = stackalloc ulong[] { (ulong)columns * sizeof(ushort) };
        uint* box = stackalloc uint[] { BoxColumns, (uint)boxRows };
        uint* steps = stackalloc uint[] { 1, 1 };
        var status = _context.Api.TensorMapEncode(
            (void*)handle, BFloat16, 2, address, extents, strides, box, steps, 0, Swizzle128Bytes, Promotion256Bytes, 0);
        _context.Check(status, "cuTensorMapEncodeTiled", $"a matrix of {rows} x {columns} bf16 in boxes of {boxRows} x {BoxColumns}");
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
