using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Addresses of operands in host memory; valid while the operand's owner lives.</summary>
internal static unsafe class Operand
{
    /// <summary>The first float of a view.</summary>
    public static float* Floats(TensorView view) => (float*)((HostMemory)view.Memory).Address + view.Offset;

    /// <summary>The first float of a view, or null.</summary>
    public static float* Floats(TensorView? view) => view is { } present ? Floats(present) : null;

    /// <summary>The first integer of a view.</summary>
    public static int* Ints(TensorView view) => (int*)((HostMemory)view.Memory).Address + view.Offset;
}
