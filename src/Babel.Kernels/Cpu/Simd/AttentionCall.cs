namespace Babel.Kernels.Cpu.Simd;

/// <summary>The operands of one attention. Views, not addresses: they keep the memory alive while workers compute on it.</summary>
internal readonly record struct AttentionCall(
    CpuDevice Device,
    TensorView Q,
    TensorView K,
    TensorView V,
    TensorView Output,
    AttentionSpec Spec,
    SequenceLayout Layout,
    TensorView? Scale,
    TensorView? Pattern)
{
    /// <summary>How many (sequence, key/value head) there are.</summary>
    public int Pairs => checked(Layout.Count * Spec.KvHeads);

    /// <summary>How many rows the longest sequence has for one key/value head.</summary>
    public int LongestRows => checked(Layout.LongestQuery * Spec.Group);

    /// <summary>The sequence and key/value head of a pair.</summary>
    public (int Sequence, int KvHead) Pair(int pair) => Math.DivRem(pair, Spec.KvHeads);
}
