namespace Babel.Kernels;

/// <summary>Which reading of the Q/K importance is computed; see <see cref="IOps.QkScores"/>.</summary>
public enum QkScoreForm
{
    /// <summary>The neuron is a row of the projection: its value is zeroed before norm and rotation (rank two in rotated space).</summary>
    Exact,

    /// <summary>
    /// The released PLND code: post-rotation rank one, subtracted without the factor 1/sqrt(d), keys expanded to all heads, Q and K alike.
    /// </summary>
    Repo,
}
