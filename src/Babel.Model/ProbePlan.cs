using Babel.Kernels;

namespace Babel.Model;

/// <summary>What is to be looked at, counted or switched off during a run; declared before it and folded into the operators' epilogues.</summary>
public sealed record ProbePlan
{
    /// <summary>Nothing.</summary>
    public static ProbePlan None { get; } = new();

    /// <summary>Sites whose values the sink receives.</summary>
    public IReadOnlySet<SiteRef> Captures { get; init; } = new HashSet<SiteRef>();

    /// <summary>
    /// Sites, of MlpPre, MlpUp, MlpPost, Q, K, V and Z, whose column statistics are taken in every layer. A site the model does not have
    /// (MlpUp of a plain FFN) is left out.
    /// </summary>
    public IReadOnlySet<Site> Statistics { get; init; } = new HashSet<Site>();

    /// <summary>Which form of the query/key importance is computed; null for none.</summary>
    public QkScoreForm? QkScores { get; init; }

    /// <summary>Whether the importance of value neurons is computed.</summary>
    public bool ValueScores { get; init; }

    /// <summary>Neurons switched off.</summary>
    public NeuronMask? Ablation { get; init; }
}
