namespace Babel.Kernels.Cpu.Simd;

/// <summary>Which neuron is off.</summary>
internal enum QkSide
{
    /// <summary>A row of the query projection.</summary>
    Query,

    /// <summary>A row of the key projection.</summary>
    Key,

    /// <summary>A product of rotated dimensions.</summary>
    Both,
}
