namespace Babel.Kernels.Cpu.Simd;

/// <summary>What is known of one softmax row A before its changes are summed.</summary>
/// <param name="First">The first visible key.</param>
/// <param name="End">Behind the last.</param>
/// <param name="Peak">The key of the largest probability.</param>
/// <param name="IsPeaked">Whether that is more than a half.</param>
/// <param name="Squares">sum A^2.</param>
/// <param name="Largest">The largest scaled product in size, or 0 where nobody asks.</param>
internal readonly record struct QkRow(nint First, nint End, nint Peak, bool IsPeaked, float Squares, float Largest);
