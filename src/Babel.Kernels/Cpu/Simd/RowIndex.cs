using Babel.Kernels.Errors;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Numbers that name rows, checked where they are read.</summary>
internal static class RowIndex
{
    /// <summary><paramref name="value"/>, if it is a row below <paramref name="limit"/>.</summary>
    /// <exception cref="KernelException">It is not.</exception>
    public static nint Checked(int value, long limit, nint place, string operand) => value >= 0 && value < limit
        ? value
        : throw new KernelException("an index is out of range", operand, $"0..{limit - 1}", $"{value} at position {place}");
}
