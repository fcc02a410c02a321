namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void LogProb(TensorView x, Weight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output)
    {
        var target = targets.Span<int>();
        var y = output.Span<double>();
        for (int n = 0; n < target.Length; n++)
        {
            if (target[n] == -1)
            {
                y[n] = 0;
                continue;
            }

            int chosen = Index(target, n, unembed.Rows, "LogProb: targets");
            var logits = new double[unembed.Rows];
            for (int token = 0; token < logits.Length; token++)
            {
                double logit = Dot(Row(x, n), ((ReferenceWeight)unembed).Row(token)) + (bias is { } b ? Row(b, 0)[token] : 0);
                logits[token] = ReferenceMath.Apply(cap, logit);
            }

            double max = logits.Max();
            y[n] = logits[chosen] - max - Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
        }
    }
}
