namespace Babel.Kernels;

/// <summary>The operands of <see cref="IOps.QkScores"/>, all of one prefill (keys lie where queries lie).</summary>
public sealed record QkScoreInputs
{
    /// <summary>Queries entering the rotation, [N, H*d]: after the per-head norm where the model has one.</summary>
    public required TensorView Q { get; init; }

    /// <summary>Keys entering the rotation, [N, K*d].</summary>
    public required TensorView K { get; init; }

    /// <summary>Rotated queries, as the attention sees them; the same view as <see cref="Q"/> without rotation.</summary>
    public required TensorView RotatedQ { get; init; }

    /// <summary>Rotated keys; the same view as <see cref="K"/> without rotation.</summary>
    public required TensorView RotatedK { get; init; }

    /// <summary>The rotation, or null.</summary>
    public RotaryTable? Rotary { get; init; }

    /// <summary>
    /// The projections before the per-head RMS norm, [N, H*d], where the model has such a norm (Qwen 3): switching one dimension off
    /// then rescales the others of its head.
    /// </summary>
    public TensorView? RawQ { get; init; }

    /// <summary>Likewise for keys, [N, K*d].</summary>
    public TensorView? RawK { get; init; }

    /// <summary>eps of the per-head norm.</summary>
    public float NormEpsilon { get; init; }
}
