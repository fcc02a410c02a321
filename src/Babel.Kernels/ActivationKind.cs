namespace Babel.Kernels;

/// <summary>The activation functions of the supported families; formulas at <see cref="Activation"/>.</summary>
public enum ActivationKind
{
    /// <summary>x.</summary>
    Identity,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x / (1 + e^-x), also called swish.</summary>
    Silu,

    /// <summary>x Phi(x) with the exact normal distribution function, (1 + erf(x/sqrt 2))/2.</summary>
    GeluErf,

    /// <summary>The tanh form of GELU.</summary>
    GeluTanh,

    /// <summary>c tanh(x/c).</summary>
    SoftCap,
}
