using Babel.Model;

namespace Babel.Cli.Inputs;

/// <summary>Which query, key or value neuron a row of a fused q/k/v projection is, in the order the family's files have.</summary>
internal static class FusedRow
{
    /// <summary>Maps a row of [0, (H + 2K) d).</summary>
    /// <remarks>
    /// GPT-2: all of q, then k, then v. BLOOM, GPT-NeoX and Falcon: key/value group after group, each its query heads, its key and its
    /// value head (BLOOM and NeoX have groups of one head, Falcon's 7b form has one group).
    /// </remarks>
    public static NeuronId ToNeuron(DecoderSpec spec, int layer, int row)
    {
        if (spec.Family == "gpt2")
        {
            return row < spec.QueryWidth ? new NeuronId(layer, NeuronPart.Q, row)
                : row < spec.QueryWidth + spec.KvWidth ? new NeuronId(layer, NeuronPart.K, row - spec.QueryWidth)
                : new NeuronId(layer, NeuronPart.V, row - spec.QueryWidth - spec.KvWidth);
        }

        int queries = spec.Heads / spec.KvHeads * spec.HeadDim;
        int group = row / (queries + (2 * spec.HeadDim));
        int within = row % (queries + (2 * spec.HeadDim));
        if (within < queries) return new NeuronId(layer, NeuronPart.Q, (group * queries) + within);
        within -= queries;
        return within < spec.HeadDim
            ? new NeuronId(layer, NeuronPart.K, (group * spec.HeadDim) + within)
            : new NeuronId(layer, NeuronPart.V, (group * spec.HeadDim) + within - spec.HeadDim);
    }
}
