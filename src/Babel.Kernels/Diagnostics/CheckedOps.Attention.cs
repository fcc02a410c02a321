namespace Babel.Kernels.Diagnostics;

public sealed partial class CheckedOps
{
    /// <inheritdoc/>
    public void Attention(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        Epilogue? epilogue = null,
        TensorView? pattern = null)
    {
        var check = Check("Attention");
        Spec(check, spec);
        long width = (long)spec.Heads * spec.HeadDim, kvWidth = (long)spec.KvHeads * spec.HeadDim;
        check.Floating("q", q);
        check.Layout("layout", layout, q.Shape.Rows);
        check.Matrix("q", q, layout.Tokens, width);
        Keys(check, "k", k, kvWidth, layout);
        Keys(check, "v", v, kvWidth, layout);
        check.Matrix("output", output, layout.Tokens, width);
        check.Apart("output", output, "q", q);
        check.Apart("output", output, "k", k);
        check.Apart("output", output, "v", v);
        AttentionEpilogue(check, epilogue, q, output, width);
        if (pattern is { } p)
        {
            check.Vector("pattern", p, PatternCount(spec, layout));
            check.Apart("pattern", p, "q", q);
            check.Apart("pattern", p, "k", k);
            check.Apart("pattern", p, "v", v);
            check.Apart("pattern", p, "output", output);
        }

        _inner.Attention(q, k, v, output, spec, layout, epilogue, pattern);
    }

    /// <inheritdoc/>
    public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output)
    {
        var check = Check("ValueScores");
        Spec(check, spec);
        long kvWidth = (long)spec.KvHeads * spec.HeadDim;
        check.Floating("z", z);
        check.Layout("layout", layout, z.Shape.Rows);
        check.Matrix("z", z, layout.Tokens, (long)spec.Heads * spec.HeadDim);
        check.Matrix("gram", gram, kvWidth * spec.Group, spec.Group);
        check.Matrix("output", output, layout.Count, kvWidth);
        check.Apart("output", output, "z", z);
        check.Apart("output", output, "gram", gram);
        _inner.ValueScores(z, gram, spec, layout, output);
    }

    /// <inheritdoc/>
    public void QkScores(
        QkScoreForm form,
        QkScoreInputs inputs,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView scoreQ,
        TensorView scoreK)
    {
        var check = Check("QkScores");
        Spec(check, spec);
        long width = (long)spec.Heads * spec.HeadDim, kvWidth = (long)spec.KvHeads * spec.HeadDim;
        check.Floating("Q", inputs.Q);
        check.Layout("layout", layout, inputs.Q.Shape.Rows);
        foreach (var span in layout.Spans)
        {
            if (span.KeyStart != span.QueryStart || span.KeyLength != span.QueryLength)
                throw check.Wrong("layout", "a prefill: keys lie where queries lie", span.ToString());
        }

        check.Matrix("Q", inputs.Q, layout.Tokens, width);
        check.Matrix("K", inputs.K, layout.Tokens, kvWidth);
        check.Matrix("RotatedQ", inputs.RotatedQ, layout.Tokens, width);
        check.Matrix("RotatedK", inputs.RotatedK, layout.Tokens, kvWidth);
        check.Matrix("RawQ", inputs.RawQ, layout.Tokens, width);
        check.Matrix("RawK", inputs.RawK, layout.Tokens, kvWidth);
        if (inputs.Rotary is { } rotary) Rotary(check, rotary, layout.Tokens, spec.HeadDim);
        check.Matrix("scoreQ", scoreQ, layout.Count, width);
        check.Matrix("scoreK", scoreK, layout.Count, form == QkScoreForm.Repo ? width : kvWidth);
        check.Apart("scoreK", scoreK, "scoreQ", scoreQ);
        ScoresApart(check, "scoreQ", scoreQ, inputs);
        ScoresApart(check, "scoreK", scoreK, inputs);
        _inner.QkScores(form, inputs, spec, layout, scoreQ, scoreK);
    }

    private static void Spec(OperandCheck check, AttentionSpec spec)
    {
        check.Holds(spec.Heads > 0, "spec.Heads", "at least 1", spec.Heads);
        if (spec.KvHeads <= 0 || spec.Heads % spec.KvHeads != 0)
            throw check.Wrong("spec.KvHeads", $"a divisor of {spec.Heads}", $"{spec.KvHeads}");
        check.Holds(spec.HeadDim > 0, "spec.HeadDim", "at least 1", spec.HeadDim);
        check.Holds(spec.Window >= 0, "spec.Window", "at least 0", spec.Window);
        check.Holds(spec.SoftCap >= 0, "spec.SoftCap", "at least 0", (long)spec.SoftCap);
        if (spec.AlibiSlopes is { } slopes && slopes.Length != spec.Heads)
            throw check.Wrong("spec.AlibiSlopes", $"{spec.Heads} slopes", $"{slopes.Length}");
    }

    private static void Keys(OperandCheck check, string name, TensorView view, long width, SequenceLayout layout)
    {
        check.Floating(name, view);
        check.Matrix(name, view, view.Shape.Rows, width);
        foreach (var span in layout.Spans)
        {
            if ((long)span.KeyStart + span.KeyLength > view.Shape.Rows)
                throw check.Wrong(name, $"at least {(long)span.KeyStart + span.KeyLength} rows for {span}", view.Shape.ToString());
        }
    }

    private static void AttentionEpilogue(OperandCheck check, Epilogue? epilogue, TensorView q, TensorView output, long width)
    {
        if (epilogue is null) return;
        if (epilogue.Bias is not null || epilogue.Pre is not null || epilogue.Gate is not null || epilogue.Residual is not null
            || epilogue.Activation.Kind != ActivationKind.Identity)
            throw check.Wrong("epilogue", "scale and post tap only", "another step");
        check.Vector("scale", epilogue.Scale, width);
        check.Apart("output", output, "scale", epilogue.Scale);
        Tap(check, "post tap", epilogue.Post, q, output, output.Shape.Rows, width);
    }

    private static long PatternCount(AttentionSpec spec, SequenceLayout layout)
    {
        long count = 0;
        foreach (var span in layout.Spans) count = checked(count + ((long)spec.Heads * span.QueryLength * span.KeyLength));
        return count;
    }

    private static void ScoresApart(OperandCheck check, string name, TensorView scores, QkScoreInputs inputs)
    {
        check.Apart(name, scores, "Q", inputs.Q);
        check.Apart(name, scores, "K", inputs.K);
        check.Apart(name, scores, "RotatedQ", inputs.RotatedQ);
        check.Apart(name, scores, "RotatedK", inputs.RotatedK);
        check.Apart(name, scores, "RawQ", inputs.RawQ);
        check.Apart(name, scores, "RawK", inputs.RawK);
    }
}
