namespace Babel.Kernels.Diagnostics;

public sealed partial class CheckedOps
{
    /// <inheritdoc/>
    public void Linear(TensorView x, Weight weight, TensorView output, Epilogue? epilogue = null)
    {
        var check = Check("Linear");
        check.Floating("x", x);
        check.Columns("weight", weight, x.Shape.Columns);
        long rows = x.Shape.Rows, n = weight.Rows;
        check.Matrix("output", output, rows, n);
        check.Apart("output", output, "x", x);
        if (epilogue is not null)
        {
            check.Vector("bias", epilogue.Bias, n);
            check.Matrix("gate", epilogue.Gate, rows, n);
            check.Vector("scale", epilogue.Scale, n);
            check.Matrix("residual", epilogue.Residual, rows, n);
            check.Apart("output", output, "bias", epilogue.Bias);
            check.Apart("output", output, "scale", epilogue.Scale);
            check.SameOrApart("output", output, "gate", epilogue.Gate);
            check.SameOrApart("output", output, "residual", epilogue.Residual);
            Tap(check, "pre tap", epilogue.Pre, x, output, rows, n);
            Tap(check, "post tap", epilogue.Post, x, output, rows, n);
            TapApart(check, "pre tap", epilogue.Pre, epilogue);
            TapApart(check, "post tap", epilogue.Post, epilogue);
            check.Apart("post tap", epilogue.Post?.Values, "pre tap", epilogue.Pre?.Values);
        }

        _inner.Linear(x, weight, output, epilogue);
    }

    /// <inheritdoc/>
    public void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue)
    {
        var check = Check("GatedLinear");
        check.Floating("x", x);
        check.Columns("gate", gate, x.Shape.Columns);
        check.Columns("up", up, x.Shape.Columns);
        check.Rows("up", up, gate.Rows);
        long rows = x.Shape.Rows, n = gate.Rows;
        check.Matrix("output", output, rows, n);
        check.Apart("output", output, "x", x);
        check.Vector("gate bias", epilogue.GateBias, n);
        check.Vector("up bias", epilogue.UpBias, n);
        check.Vector("scale", epilogue.Scale, n);
        check.Apart("output", output, "gate bias", epilogue.GateBias);
        check.Apart("output", output, "up bias", epilogue.UpBias);
        check.Apart("output", output, "scale", epilogue.Scale);
        Tap(check, "gate tap", epilogue.GatePre, x, output, rows, n);
        Tap(check, "up tap", epilogue.UpPre, x, output, rows, n);
        Tap(check, "post tap", epilogue.Post, x, output, rows, n);
        check.Apart("up tap", epilogue.UpPre?.Values, "gate tap", epilogue.GatePre?.Values);
        check.Apart("post tap", epilogue.Post?.Values, "gate tap", epilogue.GatePre?.Values);
        check.Apart("post tap", epilogue.Post?.Values, "up tap", epilogue.UpPre?.Values);
        _inner.GatedLinear(x, gate, up, output, epilogue);
    }

    /// <inheritdoc/>
    public void LogProb(TensorView x, Weight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output)
    {
        var check = Check("LogProb");
        check.Floating("x", x);
        check.Columns("unembed", unembed, x.Shape.Columns);
        check.Vector("bias", bias, unembed.Rows);
        check.Ids("targets", targets, x.Shape.Rows);
        check.Vector("output", output, x.Shape.Rows);
        check.Apart("output", output, "x", x);
        check.Apart("output", output, "bias", bias);
        if (cap.Kind is not (ActivationKind.Identity or ActivationKind.SoftCap))
            throw check.Wrong("cap", "identity or a soft cap", cap.Kind.ToString());
        _inner.LogProb(x, unembed, bias, cap, targets, output);
    }

    private static void Tap(OperandCheck check, string name, NeuronTap? tap, TensorView x, TensorView output, long rows, long columns)
    {
        check.Tap(name, tap, rows, columns);
        check.Apart(name, tap?.Values, "x", x);
        check.Apart(name, tap?.Values, "output", output);
        if (tap?.Stats is not { } stats) return;
        ApartFromStats(check, name, stats, "x", x);
        ApartFromStats(check, name, stats, "output", output);
    }

    private static void TapApart(OperandCheck check, string name, NeuronTap? tap, Epilogue epilogue)
    {
        check.Apart(name, tap?.Values, "bias", epilogue.Bias);
        check.Apart(name, tap?.Values, "gate", epilogue.Gate);
        check.Apart(name, tap?.Values, "scale", epilogue.Scale);
        check.Apart(name, tap?.Values, "residual", epilogue.Residual);
    }
}
