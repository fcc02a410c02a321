using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Rows of attention that share their keys: neighbouring queries of a sequence, in all query heads of one key/value head. Row r is query
/// <c>r / G</c> of the sequence in head <c>r % G</c> of the group; a block takes any stretch of rows.
/// </summary>
/// <remarks>
/// The sum over keys is cut at multiples of <see cref="Keys"/>, whichever form computes it. Within a block b of keys, m_b is the largest score,
/// <c>l_b = sum e^(s - m_b)</c> and <c>o_b = sum e^(s - m_b) v</c>; blocks are then joined in ascending order,
/// <c>m' = max(m, m_b), l' = l e^(m - m') + l_b e^(m_b - m'), o' = o e^(m - m') + o_b e^(m_b - m')</c> (online softmax, Milakov and Gimelshein 2018).
/// No block depends on the one before, so blocks may be computed anywhere, and a row has the same bits however its work was divided.
/// </remarks>
internal readonly unsafe ref struct AttentionBlock
{
    /// <summary>Keys of a block.</summary>
    public const int Keys = 256;

    /// <summary>The maximum before the first key: below every score, but finite, so that a block without a visible key changes nothing.</summary>
    public const float NoMaximum = -1e30f;

    private readonly nint _heads;
    private readonly nint _kvHeads;
    private readonly nint _firstHead;
    private readonly int _firstRow;
    private readonly int _firstPosition;
    private readonly float* _q;
    private readonly float* _k;
    private readonly float* _v;
    private readonly float* _output;
    private readonly float* _scale;

    /// <summary>Takes rows <paramref name="first"/> .. + <paramref name="count"/> of a sequence.</summary>
    public AttentionBlock(in AttentionCall call, SequenceSpan span, int kvHead, int first, int count)
    {
        var spec = call.Spec;
        Device = call.Device;
        Form = new ScoreForm(spec);
        Group = spec.Group;
        Window = spec.Window;
        HeadDim = spec.HeadDim;
        Rows = count;
        _heads = spec.Heads;
        _kvHeads = spec.KvHeads;
        _firstHead = kvHead * Group;
        _firstRow = first;
        _firstPosition = span.KeyLength - span.QueryLength;

        nint query = ((span.QueryStart * _heads) + _firstHead) * HeadDim;
        nint key = ((span.KeyStart * _kvHeads) + kvHead) * HeadDim;
        _q = Operand.Floats(call.Q) + query;
        _output = Operand.Floats(call.Output) + query;
        _k = Operand.Floats(call.K) + key;
        _v = Operand.Floats(call.V) + key;
        _scale = call.Scale is { } scale ? Operand.Floats(scale) + (_firstHead * HeadDim) : null;
    }

    /// <summary>The device.</summary>
    public CpuDevice Device { get; }

    /// <summary>From inner products to scores.</summary>
    public ScoreForm Form { get; }

    /// <summary>G.</summary>
    public int Group { get; }

    /// <summary>d.</summary>
    public nint HeadDim { get; }

    /// <summary>Keys a query sees, or 0 for all.</summary>
    public int Window { get; }

    /// <summary>How many rows.</summary>
    public int Rows { get; }

    /// <summary>The key position of the last row.</summary>
    public int LastPosition => Position(Rows - 1);

    /// <summary>The first key that any row sees, rounded down to a block.</summary>
    public int FirstKey => FirstVisible(Position(0)) / Keys * Keys;

    /// <summary>From key to key, in floats.</summary>
    public nint KeyStride => _kvHeads * HeadDim;

    /// <summary>The key position of a row.</summary>
    public int Position(int row) => _firstPosition + ((_firstRow + row) / Group);

    /// <summary>The first key that a query at <paramref name="position"/> sees.</summary>
    public int FirstVisible(int position) => Window > 0 ? Math.Max(0, position - Window + 1) : 0;

    /// <summary>The query head of a row.</summary>
    public int Head(int row) => (int)_firstHead + HeadInGroup(row);

    /// <summary>Whether the output is multiplied by factors.</summary>
    public bool IsScaled => _scale != null;

    /// <summary>The queries of a row.</summary>
    public float* Query(int row) => _q + Offset(row);

    /// <summary>The output of a row.</summary>
    public float* Output(int row) => _output + Offset(row);

    /// <summary>The key at position <paramref name="j"/>.</summary>
    public float* Key(int j) => _k + (j * KeyStride);

    /// <summary>The value at position <paramref name="j"/>.</summary>
    public float* Value(int j) => _v + (j * KeyStride);

    /// <summary>
    /// Asks for a row of d floats: rows of heads lie far apart, where the processor does not run ahead by itself. Any address may be asked for.
    /// </summary>
    public void Prefetch(float* row)
    {
        for (nint c = 0; Sse.IsSupported && c < HeadDim; c += 16) Sse.Prefetch1(row + c);
    }

    /// <summary>How far every row's queries and output lie behind row 0's, in floats. Without a division a row, which would cost as much as packing it.</summary>
    public void FillOffsets(nint* offsets)
    {
        int head = HeadInGroup(0);
        nint at = 0;
        for (int row = 0; row < Rows; row++)
        {
            offsets[row] = at;
            at += HeadDim;
            if (++head < Group) continue;
            head = 0;
            at += (_heads - Group) * HeadDim;
        }
    }

    /// <summary>Multiplies a finished row of the output by its factors; a factor of exactly 0 stores +0.</summary>
    public void ApplyScale<TV>(int row)
        where TV : unmanaged, ILanes<TV>
    {
        if (_scale == null) return;
        float* y = Output(row);
        float* scale = _scale + (HeadInGroup(row) * HeadDim);
        nint c = 0;
        for (; c + TV.Count <= HeadDim; c += TV.Count)
        {
            TV factor = TV.Load(scale + c), zero = TV.Create(0f);
            TV.Store(TV.Select(TV.Equal(factor, zero), zero, TV.Load(y + c) * factor), y + c);
        }

        for (; c < HeadDim; c++) y[c] = scale[c] == 0 ? 0 : y[c] * scale[c];
    }

    private int HeadInGroup(int row) => (_firstRow + row) % Group;

    private nint Offset(int row) => (((_firstRow + row) / Group * _heads) + HeadInGroup(row)) * HeadDim;
}
