namespace Babel.Kernels.Diagnostics;

/// <summary>
/// The contract of <see cref="IOps"/> in front of a device's kernels: every operand of every call is looked at (device, life, type, shape,
/// overlap) before any work, so that kernels can trust what they are given. What ids and rows point at is checked by the kernels,
/// which read them anyway.
/// </summary>
public sealed partial class CheckedOps : IOps
{
    private readonly Device _device;
    private readonly IOps _inner;

    /// <summary>Checks what goes to <paramref name="inner"/>, the kernels of <paramref name="device"/>.</summary>
    public CheckedOps(Device device, IOps inner)
    {
        _device = device;
        _inner = inner;
    }

    /// <inheritdoc/>
    public void Embed(TensorView ids, Weight table, TensorView output, float scale = 1, bool accumulate = false)
    {
        var check = Check("Embed");
        check.Ids("ids", ids, ids.Count);
        check.Lies("table", table);
        check.Matrix("output", output, ids.Count, table.Columns);
        _inner.Embed(ids, table, output, scale, accumulate);
    }

    /// <inheritdoc/>
    public void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output)
    {
        var check = Check("Norm");
        check.Floating("x", x);
        check.Holds(x.Shape.Columns > 0, "x", "rows of at least one element", x.Shape.Columns);
        check.Vector("weight", weight, x.Shape.Columns);
        check.Vector("bias", bias, x.Shape.Columns);
        check.Matrix("output", output, x.Shape.Rows, x.Shape.Columns);
        check.SameOrApart("output", output, "x", x);
        check.Apart("output", output, "weight", weight);
        check.Apart("output", output, "bias", bias);
        _inner.Norm(kind, x, weight, bias, epsilon, output);
    }

    /// <inheritdoc/>
    public void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output)
    {
        var check = Check("Rope");
        check.Floating("x", x);
        if (headDim <= 0 || x.Shape.Columns % headDim != 0) throw check.Wrong("headDim", $"a divisor of {x.Shape.Columns}", $"{headDim}");
        Rotary(check, rotary, x.Shape.Rows, headDim);
        check.Matrix("output", output, x.Shape.Rows, x.Shape.Columns);
        check.SameOrApart("output", output, "x", x);
        check.Apart("output", output, "cos", rotary.Cos);
        check.Apart("output", output, "sin", rotary.Sin);
        _inner.Rope(x, headDim, rotary, output);
    }

    /// <inheritdoc/>
    public void Add(TensorView a, TensorView b, TensorView output)
    {
        var check = Check("Add");
        check.Floating("a", a);
        check.Matrix("b", b, a.Shape.Rows, a.Shape.Columns);
        check.Matrix("output", output, a.Shape.Rows, a.Shape.Columns);
        check.SameOrApart("output", output, "a", a);
        check.SameOrApart("output", output, "b", b);
        _inner.Add(a, b, output);
    }

    /// <inheritdoc/>
    public void GatherRows(TensorView x, TensorView rows, TensorView output)
    {
        var check = Check("GatherRows");
        check.Floating("x", x);
        check.Ids("rows", rows, rows.Count);
        check.Matrix("output", output, rows.Count, x.Shape.Columns);
        check.Apart("output", output, "x", x);
        _inner.GatherRows(x, rows, output);
    }

    /// <inheritdoc/>
    public void ScatterRows(TensorView x, TensorView rows, TensorView output)
    {
        var check = Check("ScatterRows");
        check.Floating("output", output);
        check.Ids("rows", rows, rows.Count);
        check.Matrix("x", x, rows.Count, output.Shape.Columns);
        check.Apart("output", output, "x", x);
        _inner.ScatterRows(x, rows, output);
    }

    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        var check = Check("ColumnStats");
        check.Floating("x", x);
        check.Layout("layout", layout, x.Shape.Rows);
        check.Stats("stats", stats, layout, x.Shape.Columns);
        ApartFromStats(check, "stats", stats, "x", x);
        _inner.ColumnStats(x, layout, stats);
    }

    /// <inheritdoc/>
    public void ColumnDots(Weight weight, TensorView left, TensorView right, TensorView output)
    {
        var check = Check("ColumnDots");
        check.Lies("weight", weight);
        check.Ids("left", left, output.Count);
        check.Ids("right", right, output.Count);
        check.Vector("output", output, output.Count);
        _inner.ColumnDots(weight, left, right, output);
    }

    private OperandCheck Check(string op) => new(_device, op);

    private static void Rotary(OperandCheck check, RotaryTable rotary, long rows, int headDim)
    {
        check.Floating("cos", rotary.Cos);
        check.Matrix("sin", rotary.Sin, rotary.Cos.Shape.Rows, rotary.Cos.Shape.Columns);
        check.Ids("rotary rows", rotary.Rows, rows);
        if (rotary.Width > headDim) throw check.Wrong("cos", $"at most {headDim / 2} angles, half a head", rotary.Cos.Shape.ToString());
    }

    private static void ApartFromStats(OperandCheck check, string name, TapStats stats, string otherName, TensorView other)
    {
        check.Apart(name, stats.Sum.View, otherName, other);
        check.Apart(name, stats.SumAbs.View, otherName, other);
        check.Apart(name, stats.SumSquares.View, otherName, other);
        check.Apart(name, stats.Max.View, otherName, other);
    }
}
