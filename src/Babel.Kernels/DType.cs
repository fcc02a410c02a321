namespace Babel.Kernels;

/// <summary>
/// How a number is stored. The names are those of the safetensors format
/// (https://github.com/huggingface/safetensors, "Format"), so a file's dtype is a storage type without translation.
/// </summary>
/// <remarks>
/// Operators compute in the device's <see cref="Device.ComputeType"/>; weights may be kept as <see cref="F32"/>,
/// <see cref="F16"/> or <see cref="BF16"/>, and ids, rows and counts as <see cref="I32"/>. The other types exist so that
/// a file holding them can be listed and copied.
/// </remarks>
public enum DType
{
    /// <summary>Boolean, one byte.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent bits.</summary>
    F8E4M3,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of an IEEE 754 binary32.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}
