namespace Babel.Kernels;

/// <summary>
/// What happens to a product y = x W^T before it is stored, in this fixed order, each step optional:
/// <code>
/// y += Bias            [n]
/// Pre takes y
/// y  = Activation(y)
/// y *= Gate            [N,n]
/// y *= Scale           [n]; a scale of exactly 0 stores +0 whatever y was: the neuron is off
/// Post takes y
/// y += Residual        [N,n]
/// output = y
/// </code>
/// A closed record instead of callbacks: it can be fused into any kernel, and each fused form has an unfused twin in the tests.
/// </summary>
/// <remarks>The output may be the very memory of <see cref="Gate"/> or <see cref="Residual"/>.</remarks>
public sealed record Epilogue
{
    /// <summary>Nothing: the product is stored as it is.</summary>
    public static Epilogue None { get; } = new();

    /// <summary>Added to every row, [n].</summary>
    public TensorView? Bias { get; init; }

    /// <summary>Takes the value before the activation.</summary>
    public NeuronTap? Pre { get; init; }

    /// <summary>The elementwise function.</summary>
    public Activation Activation { get; init; }

    /// <summary>Multiplied in elementwise, [N, n].</summary>
    public TensorView? Gate { get; init; }

    /// <summary>Per-neuron factor, [n]: 0 switches a neuron off, 1 leaves it.</summary>
    public TensorView? Scale { get; init; }

    /// <summary>Takes the value after activation, gate and scale.</summary>
    public NeuronTap? Post { get; init; }

    /// <summary>Added last, [N, n].</summary>
    public TensorView? Residual { get; init; }
}
