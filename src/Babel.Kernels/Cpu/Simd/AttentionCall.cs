namespace Babel.Kernels.Cpu.Simd;

/// <summary>The operands of one attention. Views, not addresses: they keep the memory alive while workers compute on it.</summary>
internal readonly record struct AttentionCall(
    CpuDevice Device,
    TensorView Q,
    TensorView K,
    TensorView V,
    TensorView Output,
    AttentionSpec Spec,
    SequenceLayout Layout,
    TensorView? Scale,
    TensorView? Pattern);

/// <summary>
/// What one work item computes: some neighbouring queries of a sequence, for all query heads that share one key/value head. Row r is query
/// <c>r / G</c> of them in head <c>r % G</c> of the group.
/// </summary>
internal readonly unsafe ref struct AttentionBlock
{
    /// <summary>Keys that are taken at a time. Blocks begin at multiples of it, so a row meets the same blocks wherever it is computed.</summary>
    public const int Keys = 64;

    /// <summary>The running maximum before the first key: below every score, but finite, so that a block without a visible key changes nothing.</summary>
    public const float NoMaximum = -1e30f;

    private readonly nint _heads;
    private readonly nint _kvHeads;
    private readonly nint _firstHead;
    private readonly float* _k;
    private readonly float* _v;

    /// <summary>Takes queries <paramref name="first"/> .. + <paramref name="count"/> of a sequence.</summary>
    public AttentionBlock(in AttentionCall call, SequenceSpan span, int kvHead, int first, int count)
    {
        var spec = call.Spec;
        Device = call.Device;
        Form = new ScoreForm(spec);
        Group = spec.Group;
        Window = spec.Window;
        HeadDim = spec.HeadDim;
        _heads = spec.Heads;
        _kvHeads = spec.KvHeads;
        _firstHead = kvHead * Group;
        FirstPosition = span.KeyLength - span.QueryLength + first;
        Rows = checked(count * Group);
        KeyLength = span.KeyLength;

        nint query = (((span.QueryStart + (nint)first) * _heads) + _firstHead) * HeadDim;
        nint key = ((span.KeyStart * _kvHeads) + kvHead) * HeadDim;
        Q = Operand.Floats(call.Q) + query;
        Output = Operand.Floats(call.Output) + query;
        _k = Operand.Floats(call.K) + key;
        _v = Operand.Floats(call.V) + key;
        Scale = call.Scale is { } scale ? Operand.Floats(scale) + (_firstHead * HeadDim) : null;
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

    /// <summary>How many rows: queries times G.</summary>
    public int Rows { get; }

    /// <summary>The key position of the first query.</summary>
    public int FirstPosition { get; }

    /// <summary>The keys of the sequence.</summary>
    public int KeyLength { get; }

    /// <summary>Row 0 of the queries.</summary>
    public float* Q { get; }

    /// <summary>Row 0 of the output.</summary>
    public float* Output { get; }

    /// <summary>Factors of the output of the group's heads, or null.</summary>
    public float* Scale { get; }

    /// <summary>The key position of the last query.</summary>
    public int LastPosition => Position(Rows - 1);

    /// <summary>The first key that any row sees, rounded down to a block.</summary>
    public int FirstKey => FirstVisible(FirstPosition) / Keys * Keys;

    /// <summary>From key to key, in floats.</summary>
    public nint KeyStride => _kvHeads * HeadDim;

    /// <summary>The key position of a row.</summary>
    public int Position(int row) => FirstPosition + (row / Group);

    /// <summary>The first key that a query at <paramref name="position"/> sees.</summary>
    public int FirstVisible(int position) => Window > 0 ? Math.Max(0, position - Window + 1) : 0;

    /// <summary>The query head of a row.</summary>
    public int Head(int row) => (int)_firstHead + (row % Group);

    /// <summary>Where a row lies, in floats from row 0, in queries and output.</summary>
    public nint Offset(int row) => (((row / Group) * _heads) + (row % Group)) * HeadDim;

    /// <summary>The key at position <paramref name="j"/>.</summary>
    public float* Key(int j) => _k + (j * KeyStride);

    /// <summary>The value at position <paramref name="j"/>.</summary>
    public float* Value(int j) => _v + (j * KeyStride);

    /// <summary>Multiplies a finished row of the output by its factors; a factor of exactly 0 stores +0.</summary>
    public void ApplyScale(int row)
    {
        if (Scale == null) return;
        float* y = Output + Offset(row);
        float* scale = Scale + ((row % Group) * HeadDim);
        for (nint c = 0; c < HeadDim; c++) y[c] = scale[c] == 0 ? 0 : y[c] * scale[c];
    }
}
