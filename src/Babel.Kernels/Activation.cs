namespace Babel.Kernels;

/// <summary>
/// An elementwise function sigma:
/// identity x; ReLU max(x,0); SiLU x/(1+e^-x); GELU (erf) x/2 (1+erf(x/sqrt 2)); GELU (tanh)
/// x/2 (1+tanh(sqrt(2/pi)(x+0.044715 x^3))) (Hendrycks and Gimpel 2016, arXiv 1606.08415); soft cap c tanh(x/c) (Gemma 2,
/// arXiv 2408.00118, section 2).
/// </summary>
/// <param name="Kind">Which function.</param>
/// <param name="Parameter">c of the soft cap; unused elsewhere.</param>
public readonly record struct Activation(ActivationKind Kind, float Parameter = 0)
{
    /// <summary>sigma(x) = x.</summary>
    public static Activation Identity => default;

    /// <summary>sigma(x) = c tanh(x/c).</summary>
    public static Activation SoftCap(float c) => new(ActivationKind.SoftCap, c);
}
