namespace Babel.Kernels;

/// <summary>
/// The angles of a rotary embedding (Su et al. 2021, arXiv 2104.09864; half-split pairing j, j + r/2 as in Hugging Face weights):
/// <c>Cos</c> and <c>Sin</c> are [P, r/2], one row a position; <c>Rows</c> (I32 [N]) says which row each token turns by.
/// r, the rotary width, may be smaller than the head: the rest of the head is copied.
/// </summary>
/// <param name="Cos">cos of the angles, with any attention factor multiplied in.</param>
/// <param name="Sin">sin of the angles, likewise.</param>
/// <param name="Rows">The table row of every token.</param>
public readonly record struct RotaryTable(TensorView Cos, TensorView Sin, TensorView Rows)
{
    /// <summary>r, how many leading dimensions of a head are turned.</summary>
    public int Width => checked((int)(2 * Cos.Shape.Columns));
}
