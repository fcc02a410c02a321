using System.Runtime.InteropServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>What one call of a bfloat16 tile works on; machine code reads it by offset.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BrainTile
{
    /// <summary>Activations [rows][256] of bfloat16: 512 bytes a row, whatever the depth.</summary>
    public ushort* Rows;

    /// <summary>The panel [depth / 2][32][2] of bfloat16.</summary>
    public void* Panel;

    /// <summary>Sums to add to [rows][32], or null.</summary>
    public float* Earlier;

    /// <summary>Where results go.</summary>
    public float* Output;

    /// <summary>Bytes from one row of results to the next.</summary>
    public nint OutputBytes;

    /// <summary>Half the depth, rounded up; at least 1.</summary>
    public nint Pairs;
}
