namespace Babel.Kernels.Cpu.Simd;

/// <summary>A <see cref="GatedEpilogue"/> as addresses.</summary>
internal unsafe struct GatedArguments
{
    /// <summary>[n] or null.</summary>
    public float* GateBias;

    /// <summary>[n] or null.</summary>
    public float* UpBias;

    /// <summary>Takes g.</summary>
    public TapArguments GatePre;

    /// <summary>Takes u.</summary>
    public TapArguments UpPre;

    /// <summary>Activation, scale, Post and output.</summary>
    public EpilogueArguments Rest;

    /// <summary>Whether statistics are taken, so that rows have to come in order.</summary>
    public readonly bool HasStats => GatePre.HasStats || UpPre.HasStats || Rest.HasStats;

    /// <summary>Takes blocks of both products [panel][row][32] to the output.</summary>
    public readonly void Apply<TV>(float* gate, float* up, nint firstRow, nint rows, nint firstPanel, nint endPanel)
        where TV : unmanaged, ILanes<TV>
    {
        for (nint p = firstPanel; p < endPanel; p++)
        {
            nint offset = (p - firstPanel) * rows * PanelLayout.Width, column = p * PanelLayout.Width;
            EpilogueArguments.BiasAndTake<TV>(gate + offset, firstRow, rows, column, Rest.Columns, GateBias, GatePre);
            EpilogueArguments.BiasAndTake<TV>(up + offset, firstRow, rows, column, Rest.Columns, UpBias, UpPre);
            Rest.Apply<TV>(gate + offset, firstRow, rows, p, p + 1, up + offset);
        }
    }
}
