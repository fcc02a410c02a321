namespace Babel.Kernels.Cuda;

/// <summary>What products by bf16 weights are computed with, from the oldest units to the newest.</summary>
internal enum CudaEngine
{
    /// <summary>fma on the float units, as all other products.</summary>
    Float,

    /// <summary>mma.sync: compute capability 8.0 and later.</summary>
    Mma,

    /// <summary>wgmma: compute capability 9.0.</summary>
    Wgmma,
}
