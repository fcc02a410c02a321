using Babel.Kernels;

namespace Babel.Model;

/// <summary>
/// What one decoder needs to know to be any of the supported families: sizes, norms, positions, residual form, scales and caps. Immutable;
/// read from <c>config.json</c> by the family. How the file lays its tensors out is not here: that ends when they are loaded.
/// </summary>
public sealed record DecoderSpec
{
    private readonly int? _embeddingWidth;
    private readonly float? _attentionScale;

    /// <summary><c>model_type</c> of the configuration.</summary>
    public required string Family { get; init; }

    /// <summary>L, blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>D, width of the residual stream.</summary>
    public required int ModelWidth { get; init; }

    /// <summary>H, query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>K, key/value heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>d, length of a head; H*d need not be D.</summary>
    public required int HeadDim { get; init; }

    /// <summary>F, neurons of a block's FFN.</summary>
    public required int FfnWidth { get; init; }

    /// <summary>V, rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Tokens the model was made for. A hard limit only where positions are a table (<see cref="HasPositionTable"/>).</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Whether the FFN is gated: <c>act(Wgate m) * (Wup m)</c>.</summary>
    public bool GatedFfn { get; init; }

    /// <summary>The FFN's elementwise function.</summary>
    public Activation Activation { get; init; }

    /// <summary>RMS or layer norm, throughout.</summary>
    public NormKind Norm { get; init; }

    /// <summary>eps of the norms.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>Whether norms multiply by 1 + w instead of w (Gemma); the 1 is added while loading.</summary>
    public bool NormPlusOne { get; init; }

    /// <summary>How a block adds to the residual stream.</summary>
    public ResidualForm Residual { get; init; }

    /// <summary>Whether a norm follows the embedding (BLOOM).</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary>Whether a norm precedes the unembedding; OPT-350m has none.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Multiplied onto token embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Width of the embedding table; where it is not D, project_in and project_out stand between (OPT-350m).</summary>
    public int EmbeddingWidth
    {
        get => _embeddingWidth ?? ModelWidth;
        init => _embeddingWidth = value;
    }

    /// <summary>How positions enter.</summary>
    public PositionForm Positions { get; init; }

    /// <summary>Added to a position to find its row of the table: 2 for OPT and XGLM.</summary>
    public int PositionOffset { get; init; }

    /// <summary>
    /// Whether positions in a left-padded batch count the mask (OPT, BLOOM) or are column indices, the others' convention when no
    /// position ids are given.
    /// </summary>
    public bool PositionsFromMask { get; init; }

    /// <summary>The rotation; null unless <see cref="Positions"/> is rotary.</summary>
    public RopeSpec? Rope { get; init; }

    /// <summary>Whether every query and key head passes an RMS norm of its own before rotation (Qwen 3).</summary>
    public bool HeadNorm { get; init; }

    /// <summary>Factor of q.k; 1/sqrt(d) unless the family says otherwise.</summary>
    public float AttentionScale
    {
        get => _attentionScale ?? (float)(1 / Math.Sqrt(HeadDim));
        init => _attentionScale = value;
    }

    /// <summary>Whether layer i divides its scores by i + 1 besides (GPT-2's scale_attn_by_inverse_layer_idx).</summary>
    public bool ScaleByInverseLayer { get; init; }

    /// <summary>c of the soft cap on attention scores; 0 for none.</summary>
    public float ScoreSoftCap { get; init; }

    /// <summary>c of the soft cap on logits; 0 for none.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>Keys a query sees, by layer, 0 for all; empty where no layer has a window.</summary>
    public IReadOnlyList<int> Windows { get; init; } = [];

    /// <summary>Falcon's reading of ALiBi; see <see cref="AttentionSpec.AlibiRoundedAndScaled"/>.</summary>
    public bool AlibiRoundedAndScaled { get; init; }

    /// <summary>Whether embedding and unembedding are one matrix.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>The id that begins a text, where the configuration names one.</summary>
    public int? BosId { get; init; }

    /// <summary>Ids that end a text.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Whether positions are rows of a table, so that <see cref="MaxPositions"/> is a hard limit.</summary>
    public bool HasPositionTable => Positions is PositionForm.Learned or PositionForm.Sinusoidal;

    /// <summary>Whether attention and FFN read the same residual stream, so that <see cref="Site.ResidMid"/> does not exist.</summary>
    public bool IsParallel => Residual is ResidualForm.ParallelSharedNorm or ResidualForm.ParallelTwoNorms;

    /// <summary>H*d.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>K*d.</summary>
    public int KvWidth => KvHeads * HeadDim;

    /// <summary>Neurons of a part in one layer: F, H*d or K*d; 0 for the gate of a plain FFN.</summary>
    public int NeuronCount(NeuronPart part) => part switch
    {
        NeuronPart.Up or NeuronPart.Down => FfnWidth,
        NeuronPart.Gate => GatedFfn ? FfnWidth : 0,
        NeuronPart.Q or NeuronPart.O => QueryWidth,
        _ => KvWidth,
    };

    /// <summary>Columns of a site's tensor; 0 for sites this model does not have and for <see cref="Site.Pattern"/>, which has no fixed width.</summary>
    public int Width(Site site) => site switch
    {
        Site.Q or Site.Z => QueryWidth,
        Site.K or Site.V => KvWidth,
        Site.MlpPre or Site.MlpPost => FfnWidth,
        Site.MlpUp => GatedFfn ? FfnWidth : 0,
        Site.ResidMid => IsParallel ? 0 : ModelWidth,
        Site.FinalNorm => EmbeddingWidth,
        Site.Logits => Vocabulary,
        Site.Pattern => 0,
        _ => ModelWidth,
    };
}
