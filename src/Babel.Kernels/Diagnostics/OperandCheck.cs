using Babel.Kernels.Errors;

namespace Babel.Kernels.Diagnostics;

/// <summary>
/// The checks of one operator call. A message is composed only when a check fails: a call that is right costs comparisons and nothing else.
/// </summary>
/// <param name="device">The device the operands must lie on.</param>
/// <param name="op">The operator's name.</param>
internal readonly ref struct OperandCheck(Device device, string op)
{
    private readonly Device _device = device;
    private readonly string _op = op;

    /// <summary>A floating operand taken as rows; leading extents may be split in any way.</summary>
    public void Matrix(string name, TensorView view, long rows, long columns)
    {
        Lies(name, view, _device.ComputeType);
        if (view.Shape.Rows != rows || view.Shape.Columns != columns) throw Wrong(name, $"[{rows},{columns}]", view.Shape.ToString());
    }

    /// <summary>An optional floating operand taken as rows.</summary>
    public void Matrix(string name, TensorView? view, long rows, long columns)
    {
        if (view is { } v) Matrix(name, v, rows, columns);
    }

    /// <summary>A floating operand of <paramref name="count"/> elements in any shape.</summary>
    public void Vector(string name, TensorView view, long count)
    {
        Lies(name, view, _device.ComputeType);
        if (view.Count != count) throw Wrong(name, $"[{count}]", view.Shape.ToString());
    }

    /// <summary>An optional floating operand of <paramref name="count"/> elements.</summary>
    public void Vector(string name, TensorView? view, long count)
    {
        if (view is { } v) Vector(name, v, count);
    }

    /// <summary>An I32 operand of <paramref name="count"/> elements; what they point at is for the operator to check.</summary>
    public void Ids(string name, TensorView view, long count)
    {
        Lies(name, view, DType.I32);
        if (view.Count != count) throw Wrong(name, $"I32 [{count}]", view.ToString());
    }

    /// <summary>Any floating operand: its memory and type, not its shape.</summary>
    public void Floating(string name, TensorView view) => Lies(name, view, _device.ComputeType);

    /// <summary>A weight of <paramref name="rows"/> rows.</summary>
    public void Rows(string name, Weight weight, long rows)
    {
        Lies(name, weight);
        if (weight.Rows != rows) throw Wrong(name, $"{rows} rows", weight.ToString());
    }

    /// <summary>A weight of <paramref name="columns"/> columns.</summary>
    public void Columns(string name, Weight weight, long columns)
    {
        Lies(name, weight);
        if (weight.Columns != columns) throw Wrong(name, $"{columns} columns", weight.ToString());
    }

    /// <summary>A weight of any shape on this device.</summary>
    public void Lies(string name, Weight weight)
    {
        if (weight is null) throw Wrong(name, "a weight", "none");
        if (!ReferenceEquals(weight.Device, _device)) throw Wrong(name, $"a weight on {_device.Name}", weight.ToString());
    }

    /// <summary>A layout of <paramref name="tokens"/> rows.</summary>
    public void Layout(string name, SequenceLayout? layout, long tokens)
    {
        if (layout is null) throw Wrong(name, $"a layout of {tokens} rows", "none");
        if (layout.Tokens != tokens) throw Wrong(name, $"a layout of {tokens} rows", $"{layout.Count} sequences of {layout.Tokens} rows");
    }

    /// <summary>Statistics of <paramref name="width"/> columns with room for the sequences of <paramref name="layout"/>.</summary>
    public void Stats(string name, TapStats stats, SequenceLayout layout, long width)
    {
        if (stats.Width != width || stats.Capacity < layout.Count)
            throw Wrong(name, $"room for [{layout.Count},{width}]", $"[{stats.Capacity},{stats.Width}]");
        Lies(name, stats.Count, DType.I32);
        Lies(name, stats.Sum, _device.ComputeType);
        Lies(name, stats.SumAbs, _device.ComputeType);
        Lies(name, stats.SumSquares, _device.ComputeType);
        Lies(name, stats.Max, _device.ComputeType);
    }

    /// <summary>A tap of an [<paramref name="rows"/>, <paramref name="columns"/>] value.</summary>
    public void Tap(string name, NeuronTap? tap, long rows, long columns)
    {
        if (tap is null) return;
        Matrix(name, tap.Values, rows, columns);
        if (tap.Stats is not { } stats) return;
        Layout(name, tap.Layout, rows);
        Stats(name, stats, tap.Layout!, columns);
    }

    /// <summary>An output that shares no element with <paramref name="other"/>.</summary>
    public void Apart(string name, TensorView? output, string otherName, TensorView? other)
    {
        if (output is { } a && other is { } b && Overlap(a, b))
            throw Wrong(name, $"memory apart from {otherName}", $"{a} overlaps {b}");
    }

    /// <summary>An output that is <paramref name="other"/> itself or shares no element with it.</summary>
    public void SameOrApart(string name, TensorView output, string otherName, TensorView? other)
    {
        if (other is { } b && Overlap(output, b) && (output.Offset != b.Offset || output.Count != b.Count))
            throw Wrong(name, $"{otherName} itself, or memory apart from it", $"{output} overlaps a part of {b}");
    }

    /// <summary>The error of an operand.</summary>
    public KernelException Wrong(string operand, string expected, string found) =>
        new("an operand does not fit", $"{_op}: {operand}", expected, found);

    /// <summary>Fails with <paramref name="expected"/> and <paramref name="found"/> unless <paramref name="holds"/>; for plain numbers.</summary>
    public void Holds(bool holds, string operand, string expected, long found)
    {
        if (!holds) throw Wrong(operand, expected, found.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static bool Overlap(TensorView a, TensorView b)
    {
        if (!ReferenceEquals(a.Memory, b.Memory)) return false;
        int sizeA = a.DType.Size(), sizeB = b.DType.Size();
        return a.Offset * sizeA < (b.Offset + b.Count) * sizeB && b.Offset * sizeB < (a.Offset + a.Count) * sizeA;
    }

    private void Lies(string name, TensorView view, DType dtype)
    {
        if (view.Memory is null) throw Wrong(name, $"a tensor on {_device.Name}", "none");
        if (!ReferenceEquals(view.Device, _device)) throw Wrong(name, $"a tensor on {_device.Name}", view.ToString());
        if (view.Memory.IsClosed) throw Wrong(name, "a tensor that is alive", $"{view}, released");
        if (view.DType != dtype) throw Wrong(name, dtype.ToString(), view.ToString());
        if (view.Offset < 0 || checked((view.Offset + view.Count) * dtype.Size()) > view.Memory.Bytes)
            throw Wrong(name, $"elements within {view.Memory.Bytes} bytes", $"{view} from element {view.Offset}");
    }
}
