namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// An <see cref="Epilogue"/>, or the last steps of a <see cref="GatedEpilogue"/>, as addresses, and how they are applied to a block of results while it is in
/// cache.
/// </summary>
internal unsafe struct EpilogueArguments
{
    /// <summary>n, the columns of the output.</summary>
    public nint Columns;

    /// <summary>[N, n].</summary>
    public float* Output;

    /// <summary>[n] or null.</summary>
    public float* Bias;

    /// <summary>sigma.</summary>
    public Activation Activation;

    /// <summary>[N, n] or null.</summary>
    public float* Gate;

    /// <summary>[n] or null.</summary>
    public float* Scale;

    /// <summary>[N, n] or null.</summary>
    public float* Residual;

    /// <summary>Takes the value before the activation.</summary>
    public TapArguments Pre;

    /// <summary>Takes the value after activation, gate and scale.</summary>
    public TapArguments Post;

    /// <summary>Whether the product is stored as it is, whoever takes it.</summary>
    public readonly bool IsPlain =>
        Bias == null && Gate == null && Scale == null && Residual == null && Activation.Kind == ActivationKind.Identity;

    /// <summary>Whether statistics are taken, so that rows have to come in order.</summary>
    public readonly bool HasStats => Pre.HasStats || Post.HasStats;

    /// <summary>
    /// Takes panels of results [panel][row][32] to the output. <paramref name="blockGate"/> is a second block multiplied in instead of
    /// <see cref="Gate"/>: the up product of a gated pair.
    /// </summary>
    public readonly void Apply<TV>(float* block, nint firstRow, nint rows, nint firstPanel, nint endPanel, float* blockGate = null)
        where TV : unmanaged, ILanes<TV>
    {
        for (nint p = firstPanel; p < endPanel; p++)
        {
            nint offset = (p - firstPanel) * rows * PanelLayout.Width;
            Panel<TV>(block + offset, firstRow, rows, p * PanelLayout.Width, blockGate == null ? null : blockGate + offset);
        }
    }

    /// <summary>
    /// Lets the taps take whole panels of a plain product from where it was stored: a copy on the way would cost more than the sums, since the memory written to has
    /// to come from the caches first.
    /// </summary>
    public readonly void TakeStored<TV>(nint firstRow, nint rows, nint firstPanel, nint endPanel)
        where TV : unmanaged, ILanes<TV>
    {
        for (nint column = firstPanel * PanelLayout.Width; column < endPanel * PanelLayout.Width; column += PanelLayout.Width)
        {
            float* stored = Output + (firstRow * Columns) + column;
            if (Pre.Takes) TakeStrip<Twin<TV>>(stored, Columns, firstRow, rows, column, Columns, null, Pre);
            if (Post.Takes) TakeStrip<Twin<TV>>(stored, Columns, firstRow, rows, column, Columns, null, Post);
        }
    }

    /// <summary>Adds a bias to a panel in place and lets a tap take it; does nothing where there is neither.</summary>
    public static void BiasAndTake<TV>(float* panel, nint firstRow, nint rows, nint column, nint columns, float* bias, in TapArguments tap)
        where TV : unmanaged, ILanes<TV>
    {
        if (bias == null && !tap.Takes) return;
        if (columns - column >= PanelLayout.Width)
        {
            // Both halves at once: the sums of one are under way while the other's are waited for.
            TakeStrip<Twin<TV>>(panel, PanelLayout.Width, firstRow, rows, column, columns, bias, tap);
            return;
        }

        for (int half = 0; half < PanelLayout.Width && column + half < columns; half += TV.Count)
            TakeStrip<TV>(panel + half, PanelLayout.Width, firstRow, rows, column + half, columns, bias, tap);
    }

    private static void TakeStrip<TV>(
        float* source, nint stride, nint firstRow, nint rows, nint column, nint columns, float* bias, in TapArguments tap)
        where TV : unmanaged, ILanes<TV>
    {
        var strip = new Strip
        {
            Source = source,
            SourceStride = stride,
            Destination = bias == null ? null : source,
            Stride = stride,
            Rows = rows,
            Width = (int)Math.Min(TV.Count, columns - column),
            StoreWhole = true,
            Bias = bias == null ? null : bias + column,
        };
        strip.Run<TV>(tap, columns, firstRow, column);
    }

    private readonly void Panel<TV>(float* panel, nint firstRow, nint rows, nint column, float* blockGate)
        where TV : unmanaged, ILanes<TV>
    {
        bool pre = Pre.Takes;
        if (pre) BiasAndTake<TV>(panel, firstRow, rows, column, Columns, Bias, Pre);
        for (int half = 0; half < PanelLayout.Width && column + half < Columns; half += TV.Count)
        {
            nint at = column + half, corner = (firstRow * Columns) + at;
            var strip = new Strip
            {
                Source = panel + half,
                SourceStride = PanelLayout.Width,
                Destination = Output + corner,
                Stride = Columns,
                Rows = rows,
                Width = (int)Math.Min(TV.Count, Columns - at),
                Bias = pre || Bias == null ? null : Bias + at,
                Activation = Activation,
                Gate = blockGate != null ? blockGate + half : Gate == null ? null : Gate + corner,
                GateStride = blockGate != null ? PanelLayout.Width : Columns,
                Scale = Scale == null ? null : Scale + at,
                Residual = Residual == null ? null : Residual + corner,
                ResidualStride = Columns,
            };
            strip.Run<TV>(Post, Columns, firstRow, at);
        }
    }
}
