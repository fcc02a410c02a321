namespace Babel.Model;

/// <summary>What a run was asked for; the other array is empty.</summary>
public sealed class ForwardResult
{
    /// <summary>[N] natural log p(target | tokens before) by token row; 0 where the target is -1.</summary>
    public float[] LogProbs { get; init; } = [];

    /// <summary>[N, V] or, of last tokens, [S, V].</summary>
    public float[] Logits { get; init; } = [];
}
