namespace Babel.Kernels.Cpu.Simd;

/// <summary>What is kept of two neighbouring query rows while their changes are summed, for 16 dimensions: [9][2][16], where each of these begins.</summary>
internal static class QkState
{
    /// <summary>Floats from row to row.</summary>
    public const int Row = 16;

    /// <summary>Factor of the keys' own dimensions, times <see cref="Scale"/> where the form is linear.</summary>
    public const int Own = 0;

    /// <summary>Factor of the dimensions they are rotated with, likewise.</summary>
    public const int Partner = 2 * Row;

    /// <summary>See <see cref="QkDelta{TV}.Norm"/>.</summary>
    public const int Norm = 4 * Row;

    /// <summary>2^-h, h the halvings of <see cref="QkExp"/>; 0 in lanes that are <see cref="Huge"/>.</summary>
    public const int Scale = 6 * Row;

    /// <summary>delta*, times <see cref="Scale"/> where the form is linear.</summary>
    public const int Shift = 8 * Row;

    /// <summary>Mask of the lanes that change too much.</summary>
    public const int Huge = 10 * Row;

    /// <summary>z = sum A D.</summary>
    public const int Z = 12 * Row;

    /// <summary>sum A^2 D.</summary>
    public const int First = 14 * Row;

    /// <summary>sum A^2 D^2.</summary>
    public const int Second = 16 * Row;

    /// <summary>Floats of it all.</summary>
    public const int Floats = 18 * Row;
}
