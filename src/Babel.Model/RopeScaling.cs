namespace Babel.Model;

/// <summary>How rotary angles are stretched beyond the trained context.</summary>
public enum RopeScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Positions divided by the factor (Chen et al. 2023, arXiv 2306.15595).</summary>
    Linear,

    /// <summary>The base grows with the length of the sequence ("dynamic NTK").</summary>
    Dynamic,

    /// <summary>Frequencies scaled by wavelength bands, as in LLaMA 3.1.</summary>
    Llama3,

    /// <summary>Frequencies blended by a ramp, angles' cos and sin multiplied by an attention factor (Peng et al. 2023, arXiv 2309.00071).</summary>
    Yarn,
}
