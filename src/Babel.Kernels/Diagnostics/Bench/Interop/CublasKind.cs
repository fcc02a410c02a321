namespace Babel.Kernels.Diagnostics.Bench.Interop;

/// <summary>A form of product cuBLAS has: types of factors and result, and the units that multiply.</summary>
internal enum CublasKind
{
    /// <summary>BF16 factors, float32 sums, float32 result.</summary>
    BrainToFloat,

    /// <summary>BF16 factors, float32 sums, BF16 result: what its figures are usually quoted for.</summary>
    BrainToBrain,

    /// <summary>float32 throughout, TF32 off.</summary>
    Float,

    /// <summary>float32 factors rounded to TF32.</summary>
    FloatByTf32,
}
