namespace Babel.Kernels;

/// <summary>
/// The operators: the transformer's verbs and nothing else. Every device implements all of them to the same contract, and one case
/// table (tests and <c>babel selftest</c>) holds every device against the float64 scalar implementation of the <c>ref</c> device.
/// </summary>
/// <remarks>
/// <para>
/// Destination-passing: the caller owns every buffer; no operator allocates device memory that outlives the call or waits for the
/// device. Shapes and types are checked before any work; a mismatch is a <see cref="Errors.KernelException"/> that names the operator,
/// the operand, the expected and the given shape. Outputs do not overlap inputs unless a method says they may.
/// </para>
/// <para>
/// Dimension letters: N token rows of a batch (all sequences, packed), V vocabulary, D model width, H heads, K key/value heads, d head
/// length, F FFN width, S sequences. Floating operands have the device's compute type except weights.
/// </para>
/// <para>
/// Determinism: a token row's result has the same bits alone, in any batch and with any number of threads. Sums run over ascending
/// indices in a fixed blocking.
/// </para>
/// <para>
/// Precision: a device of <see cref="Precision.Fast"/> rounds what a <see cref="Weight"/> holds to bfloat16 when it is written, and in <see cref="Linear"/>,
/// <see cref="GatedLinear"/> and <see cref="LogProb"/> the rows of x too: (2 v + v^2) sum_j |x_j w_j|, v = 2^-8, joins the error of a product, without the 2 for weights stored as BF16.
/// </para>
/// </remarks>
public interface IOps
{
    /// <summary>
    /// <c>output[n] = (accumulate ? output[n] : 0) + scale * table[ids[n]]</c>: token and learned position embeddings.
    /// </summary>
    /// <param name="ids">I32 [N]; an id outside [0, V) is a <see cref="Errors.KernelException"/>.</param>
    /// <param name="table">[V, D].</param>
    /// <param name="output">[N, D].</param>
    /// <param name="scale">Multiplied onto the row.</param>
    /// <param name="accumulate">Add to what <paramref name="output"/> holds.</param>
    void Embed(TensorView ids, Weight table, TensorView output, float scale = 1, bool accumulate = false);

    /// <summary>
    /// Normalises every row of the innermost length n (see <see cref="NormKind"/>): <c>output = x_hat * weight + bias</c>. Error: below
    /// 16 u (|x_hat w| + |b|), for layer norm plus 16 u |mean| |w| / sqrt(var + eps).
    /// </summary>
    /// <param name="kind">RMS or layer norm.</param>
    /// <param name="x">[.., n].</param>
    /// <param name="weight">[n]; a family that multiplies by 1 + w has the 1 added at load.</param>
    /// <param name="bias">[n] or null.</param>
    /// <param name="epsilon">Added to the mean square or the variance.</param>
    /// <param name="output">[.., n]; may be <paramref name="x"/>.</param>
    void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output);

    /// <summary><c>output = epilogue(x W^T)</c>; 2 N n k FLOP. Error: below 4 k u sum_j |x_j w_j| with u the unit roundoff.</summary>
    /// <param name="x">[N, k].</param>
    /// <param name="weight">
    /// [n, k], F32, F16 or BF16: the bits of the result do not depend on which, for equal values, unless the device computes with other units for one
    /// (CUDA: tensor cores for BF16).
    /// </param>
    /// <param name="output">[N, n].</param>
    /// <param name="epilogue">What happens before the store; null for nothing.</param>
    void Linear(TensorView x, Weight weight, TensorView output, Epilogue? epilogue = null);

    /// <summary><c>output = sigma(x Wgate^T) * (x Wup^T)</c> with the taps and scale of <paramref name="epilogue"/>; 4 N F D FLOP.</summary>
    /// <param name="x">[N, D].</param>
    /// <param name="gate">[F, D].</param>
    /// <param name="up">[F, D].</param>
    /// <param name="output">[N, F].</param>
    /// <param name="epilogue">Biases, taps, activation, scale.</param>
    void GatedLinear(TensorView x, Weight gate, Weight up, TensorView output, GatedEpilogue epilogue);

    /// <summary>
    /// Turns the first r dimensions of every head: <c>y_j = x_j cos_j - x_(j+r/2) sin_j</c>, <c>y_(j+r/2) = x_(j+r/2) cos_j + x_j sin_j</c>, j &lt; r/2;
    /// copies the others.
    /// </summary>
    /// <param name="x">[N, heads*d].</param>
    /// <param name="headDim">d.</param>
    /// <param name="rotary">The angles and the row of each token.</param>
    /// <param name="output">[N, heads*d]; may be <paramref name="x"/>.</param>
    void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output);

    /// <summary>
    /// <c>output_i = sum_j softmax_j(s[i,j]) v_j</c> with the scores of <paramref name="spec"/>, causal, by sequence, without storing
    /// the scores (online softmax, Milakov and Gimelshein 2018, arXiv 1805.02867).
    /// </summary>
    /// <param name="q">[N, H*d].</param>
    /// <param name="k">[rows, K*d]; a packed batch or a cache.</param>
    /// <param name="v">[rows, K*d].</param>
    /// <param name="output">[N, H*d].</param>
    /// <param name="spec">Heads, scale, cap, window, ALiBi.</param>
    /// <param name="layout">Where each sequence's queries and keys lie.</param>
    /// <param name="epilogue">Scale and Post only; null for nothing.</param>
    /// <param name="pattern">
    /// Receives the probabilities, sequence after sequence [H, QueryLength, KeyLength] each, 0 where masked; null to store none.
    /// </param>
    void Attention(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        Epilogue? epilogue = null,
        TensorView? pattern = null);

    /// <summary>
    /// <c>output[n] = log softmax(cap(x[n] W^T + bias))[targets[n]]</c>, natural logarithm, without storing [N, V]. A target of -1 is
    /// skipped and gives 0.
    /// </summary>
    /// <param name="x">[N, D], after the final norm.</param>
    /// <param name="unembed">[V, D].</param>
    /// <param name="bias">[V] or null.</param>
    /// <param name="cap">Identity or a soft cap.</param>
    /// <param name="targets">I32 [N]; an id outside [0, V) other than -1 is a <see cref="Errors.KernelException"/>.</param>
    /// <param name="output">[N].</param>
    void LogProb(TensorView x, Weight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output);

    /// <summary><c>output = a + b</c>, same shapes; <paramref name="output"/> may be either.</summary>
    void Add(TensorView a, TensorView b, TensorView output);

    /// <summary><c>output[i] = x[rows[i]]</c>.</summary>
    /// <param name="x">[R, n].</param>
    /// <param name="rows">I32 [M], each in [0, R).</param>
    /// <param name="output">[M, n].</param>
    void GatherRows(TensorView x, TensorView rows, TensorView output);

    /// <summary><c>output[rows[i]] = x[i]</c>; rows are distinct. How new keys and values enter a cache.</summary>
    /// <param name="x">[M, n].</param>
    /// <param name="rows">I32 [M], each in [0, R).</param>
    /// <param name="output">[R, n].</param>
    void ScatterRows(TensorView x, TensorView rows, TensorView output);

    /// <summary>The statistics of <see cref="TapStats"/> of a tensor that lies in memory: the unfused twin of a tap.</summary>
    /// <param name="x">[N, n].</param>
    /// <param name="layout">Which rows belong to which sequence.</param>
    /// <param name="stats">Overwritten, first S rows.</param>
    void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats);

    /// <summary><c>output[p] = sum_n W[n, left[p]] W[n, right[p]]</c>: norms and inner products of columns, the write vectors of neurons.</summary>
    /// <param name="weight">[n, k].</param>
    /// <param name="left">I32 [P], columns.</param>
    /// <param name="right">I32 [P], columns.</param>
    /// <param name="output">[P].</param>
    void ColumnDots(Weight weight, TensorView left, TensorView right, TensorView output);

    /// <summary>
    /// The squared change of the attention output when value neuron j is off (methods: PLND, GQA Gram form):
    /// <c>output[s, j] = sum_(h,h' in group of j) (sum_(t in s) z[t,h,j] z[t,h',j]) * gram[j,h,h']</c>, with z = A v before W_O.
    /// Negative rounding residue is clamped to 0.
    /// </summary>
    /// <param name="z">[N, H*d].</param>
    /// <param name="gram">[K*d, G, G]: inner products of the columns of W_O, from <see cref="ColumnDots"/>.</param>
    /// <param name="spec">Heads and group.</param>
    /// <param name="layout">Which rows belong to which sequence.</param>
    /// <param name="output">[S, K*d].</param>
    void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output);

    /// <summary>
    /// The squared change of the attention probabilities when one query or key dimension is off, for all dimensions at once (PLND, Zhao et
    /// al. 2024, arXiv 2402.18815). With E_t = exp(s'_t - s_t), s' the score row with the dimension off and A the softmax row:
    /// <c>Z = sum A E, P = sum A^2 E, R = sum A^2 E^2, S0 = sum A^2</c>, row difference <c>R/Z^2 - 2P/Z + S0</c>, summed over query rows
    /// (and, for keys, over the G heads they serve). Negative rounding residue is clamped to 0.
    /// </summary>
    /// <param name="form">Exact, or the released code's reading.</param>
    /// <param name="inputs">Queries and keys before and after rotation.</param>
    /// <param name="spec">The attention's form.</param>
    /// <param name="layout">A prefill layout.</param>
    /// <param name="scoreQ">[S, H*d].</param>
    /// <param name="scoreK">[S, K*d]; in <see cref="QkScoreForm.Repo"/> [S, H*d], equal to <paramref name="scoreQ"/>.</param>
    void QkScores(
        QkScoreForm form,
        QkScoreInputs inputs,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView scoreQ,
        TensorView scoreK);
}
