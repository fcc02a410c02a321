namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    // Scores of this many floats are in memory at a time, three times: scaled products, scores and probabilities.
    private const long RowFloats = 4 << 20;

    /// <inheritdoc/>
    public void QkScores(
        QkScoreForm form,
        QkScoreInputs inputs,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView scoreQ,
        TensorView scoreK)
    {
        if (layout.Tokens == 0) return;
        if (inputs.Rotary is { } rotary) CheckIndices(rotary.Rows, rotary.Cos.Shape.Rows, "QkScores: rotary rows");
        bool repo = form == QkScoreForm.Repo, normed = inputs.RawQ is not null || inputs.RawK is not null;
        int change = repo ? 0 : normed || spec.SoftCap > 0 ? 2 : inputs.Rotary is null ? 0 : 1;
        var query = repo
            ? Paired("query", inputs.RotatedQ, null, 1, spec.HeadDim)
            : Turned("query", inputs.Q, inputs.RawQ, inputs, spec.Scale, spec.Heads, spec.HeadDim);
        var key = Paired("key", inputs.RotatedK, repo ? null : inputs.Rotary, 1, spec.HeadDim);
        var querySide = new QkSide(query, key, [new QkSum(scoreQ, 1, "query totals")]);

        // Without rotation and norm a product q_a k_a goes whichever of the two is off; in the released code's reading every query head has
        // keys of its own.
        var keySum = new QkSum(scoreK, repo ? 1 : spec.Group, "key totals");
        if (repo || (inputs.Rotary is null && !normed))
        {
            Changes(inputs, spec, layout, change, [querySide with { Sums = [.. querySide.Sums, keySum] }]);
            return;
        }

        var stays = Paired("other query", inputs.RotatedQ, inputs.Rotary, spec.Scale, spec.HeadDim);
        var goes = Turned("other key", inputs.K, inputs.RawK, inputs, 1, spec.KvHeads, spec.HeadDim);
        Changes(inputs, spec, layout, change, [querySide, new QkSide(stays, goes, [keySum])]);
    }

    /// <summary>How many of some token rows are taken at a time.</summary>
    internal static long QkRowsAtOnce(long heads, long longest, long tokens) => Math.Clamp(RowFloats / (heads * longest), 1, tokens);

    /// <summary>Enqueues qk_rows, or what suits the device better, for some token rows; the arguments are there.</summary>
    protected virtual void LaunchQkRows(int rows, int heads, int headDim) => Flat("qk_rows", (long)rows * heads);

    /// <summary>Enqueues qk_changes, or what suits the device better, for some token rows; the arguments are there.</summary>
    protected virtual void LaunchQkChanges(int rows, int heads, int headDim) => Flat("qk_changes", (long)rows * heads * Tuning.Blocks(headDim));

    /// <summary>Softmax rows of a few tokens at a time, the changes of each, and their sums.</summary>
    private void Changes(QkScoreInputs inputs, AttentionSpec spec, SequenceLayout layout, int form, ReadOnlySpan<QkSide> sides)
    {
        int heads = spec.Heads, stride = layout.LongestQuery;
        long rows = QkRowsAtOnce(heads, stride, layout.Tokens);
        var scratch = Device.Scratch;
        DeviceMemory scaled = scratch.Floats("scaled products", rows * heads, stride).Memory, scores = scratch.Floats("scores", rows * heads, stride).Memory;
        DeviceMemory softmax = scratch.Floats("softmax rows", rows * heads, stride).Memory, peaks = scratch.Integers("peaks", rows * heads).Memory;
        var changes = scratch.Floats("changes", rows * heads, spec.HeadDim).Memory;
        var placed = Device.Layouts.Of(layout);
        for (long first = 0; first < layout.Tokens; first += rows)
        {
            int count = (int)Math.Min(rows, layout.Tokens - first);
            Arguments().Add(inputs.RotatedQ).Add(inputs.RotatedK).Add(placed.Spans).Add(placed.Owners).Add(Device.Layouts.Slopes(spec))
                .Add(scaled).Add(scores).Add(softmax).Add(peaks).Add(first).Add(count).Add(heads).Add(spec.Group).Add(spec.HeadDim)
                .Add(stride).Add(spec.Scale).Add(spec.SoftCap).Add(spec.Window).Add(AlibiCode(spec));
            LaunchQkRows(count, heads, spec.HeadDim);
            foreach (var side in sides)
            {
                Arguments().Add(scaled).Add(scores).Add(softmax).Add(peaks).Add(placed.Spans).Add(placed.Owners)
                    .Add(side.Query.Own).Add(side.Query.Partner).Add(side.Query.Growth).Add(side.Key.Own).Add(side.Key.Partner).Add(side.Key.Growth)
                    .Add(changes).Add(first).Add(count).Add(heads).Add(spec.Group).Add(spec.HeadDim).Add(stride)
                    .Add(spec.SoftCap).Add(spec.Window).Add(form);
                LaunchQkChanges(count, heads, spec.HeadDim);
                foreach (var sum in side.Sums)
                {
                    long width = (long)heads / sum.Group * spec.HeadDim;
                    Arguments().Add(changes).Add(placed.Spans).Add(layout.Count)
                        .Add(scratch.Floats(sum.Purpose, layout.Count, width).Memory).Add(scratch.Floats(sum.Purpose + " lost", layout.Count, width).Memory)
                        .Add(sum.Output).Add(first).Add(count).Add(heads).Add(sum.Group).Add(spec.HeadDim);
                    Flat("qk_sum", layout.Count * width);
                }
            }
        }
    }

    /// <summary>The terms of heads whose neurons go off.</summary>
    private QkTerms Turned(string name, TensorView x, TensorView? raw, QkScoreInputs inputs, float scale, int heads, int headDim)
    {
        var terms = Terms(name, x);
        var rotary = inputs.Rotary;
        Arguments().Add(x).Add(raw).Add(raw is not null).Add(rotary?.Rows).Add(rotary?.Cos).Add(rotary?.Sin).Add((rotary?.Width ?? 0) / 2)
            .Add(scale).Add(inputs.NormEpsilon).Add(terms.Own).Add(terms.Partner).Add(terms.Growth).Add(x.Shape.Rows).Add(heads).Add(headDim);
        Flat("qk_turned", x.Shape.Rows * heads);
        return terms;
    }

    /// <summary>The terms of heads that stay.</summary>
    private QkTerms Paired(string name, TensorView x, RotaryTable? rotary, float scale, int headDim)
    {
        var terms = Terms(name, x);
        Arguments().Add(x).Add((rotary?.Width ?? 0) / 2).Add(scale).Add(terms.Own).Add(terms.Partner).Add(terms.Growth).Add(x.Count).Add(headDim);
        Flat("qk_paired", x.Count);
        return terms;
    }

    private QkTerms Terms(string name, TensorView like)
    {
        DeviceMemory Matrix(string which) => Device.Scratch.Floats($"{name} {which}", like.Shape.Rows, like.Shape.Columns).Memory;
        return new QkTerms(Matrix("own"), Matrix("partner"), Matrix("growth"));
    }

    private readonly record struct QkTerms(DeviceMemory Own, DeviceMemory Partner, DeviceMemory Growth);

    private readonly record struct QkSum(TensorView Output, int Group, string Purpose);

    private readonly record struct QkSide(QkTerms Query, QkTerms Key, QkSum[] Sums);
}
