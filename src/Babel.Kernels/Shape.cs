namespace Babel.Kernels;

/// <summary>The extents of a row-major tensor of rank 1 to 4, outermost first.</summary>
public readonly record struct Shape
{
    private readonly long _d0, _d1, _d2, _d3;

    /// <summary>A vector of <paramref name="n"/> elements.</summary>
    public Shape(long n) => (Rank, _d0, _d1, _d2, _d3) = (1, Checked(n), 1, 1, 1);

    /// <summary>A matrix.</summary>
    public Shape(long rows, long columns) => (Rank, _d0, _d1, _d2, _d3) = (2, Checked(rows), Checked(columns), 1, 1);

    /// <summary>A tensor of rank 3.</summary>
    public Shape(long d0, long d1, long d2) => (Rank, _d0, _d1, _d2, _d3) = (3, Checked(d0), Checked(d1), Checked(d2), 1);

    /// <summary>A tensor of rank 4.</summary>
    public Shape(long d0, long d1, long d2, long d3) =>
        (Rank, _d0, _d1, _d2, _d3) = (4, Checked(d0), Checked(d1), Checked(d2), Checked(d3));

    /// <summary>How many extents there are.</summary>
    public int Rank { get; }

    /// <summary>The extent of <paramref name="axis"/>, counted from the outermost.</summary>
    public long this[int axis] => (uint)axis < (uint)Rank
        ? axis switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 }
        : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"the shape {this} has {Rank} axes");

    /// <summary>The innermost extent: the length of a row.</summary>
    public long Columns => this[Rank - 1];

    /// <summary>How many rows of length <see cref="Columns"/> there are.</summary>
    public long Rows => Rank == 1 ? 1 : _d0 * (Rank > 2 ? _d1 : 1) * (Rank > 3 ? _d2 : 1);

    /// <summary>The number of elements; the one place where extents are multiplied, checked for overflow.</summary>
    public long Count => checked(_d0 * _d1 * _d2 * _d3);

    /// <inheritdoc/>
    public override string ToString() => Rank switch
    {
        1 => $"[{_d0}]",
        2 => $"[{_d0},{_d1}]",
        3 => $"[{_d0},{_d1},{_d2}]",
        4 => $"[{_d0},{_d1},{_d2},{_d3}]",
        _ => "[]",
    };

    private static long Checked(long extent) =>
        extent >= 0 ? extent : throw new ArgumentOutOfRangeException(nameof(extent), extent, "an extent is not negative");
}
