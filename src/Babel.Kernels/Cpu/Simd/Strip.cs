namespace Babel.Kernels.Cpu.Simd;

/// <summary>Up to 16 columns of some rows on their way through an epilogue; null leaves a step out. Strides are in floats.</summary>
internal unsafe struct Strip
{
    /// <summary>Where the values are read.</summary>
    public float* Source;

    /// <summary>Where they are written; may be the source.</summary>
    public float* Destination;

    /// <summary>From row to row of <see cref="Destination"/>; the source lies in a block, 32 apart.</summary>
    public nint Stride;

    /// <summary>How many rows.</summary>
    public nint Rows;

    /// <summary>How many of the 16 columns are written.</summary>
    public int Width;

    /// <summary>Added first, a row vector.</summary>
    public float* Bias;

    /// <summary>Multiplied in after the activation.</summary>
    public float* Gate;

    /// <summary>From row to row of <see cref="Gate"/>.</summary>
    public nint GateStride;

    /// <summary>Multiplied in next, a row vector; exactly 0 gives +0.</summary>
    public float* Scale;

    /// <summary>Added last.</summary>
    public float* Residual;

    /// <summary>From row to row of <see cref="Residual"/>.</summary>
    public nint ResidualStride;

    /// <summary>The activation's parameter.</summary>
    public float Parameter;

    /// <summary>Runs the steps.</summary>
    public readonly void Transform<TV>(ActivationKind kind)
        where TV : unmanaged, ILanes<TV>
    {
        switch (kind)
        {
            case ActivationKind.Relu:
                Transform<TV, ReluFunction>(this);
                break;
            case ActivationKind.Silu:
                Transform<TV, SiluFunction>(this);
                break;
            case ActivationKind.GeluErf:
                Transform<TV, GeluErfFunction>(this);
                break;
            case ActivationKind.GeluTanh:
                Transform<TV, GeluTanhFunction>(this);
                break;
            case ActivationKind.SoftCap:
                Transform<TV, SoftCapFunction>(this);
                break;
            default:
                Transform<TV, IdentityFunction>(this);
                break;
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TV, TFunction>(in Strip strip)
        where TV : unmanaged, ILanes<TV>
        where TFunction : IElementwise
    {
        float* source = strip.Source, destination = strip.Destination, gate = strip.Gate, residual = strip.Residual;
        float* part = stackalloc float[TV.Count];
        float parameter = strip.Parameter;
        bool scaled = strip.Scale != null, whole = strip.Width == TV.Count;
        var zero = TV.Create(0f);
        var bias = strip.Bias != null ? TV.Load(strip.Bias) : zero;
        var scale = scaled ? TV.Load(strip.Scale) : zero;
        var off = TV.Equal(scale, zero);
        bool biased = strip.Bias != null;
        for (nint i = 0; i < strip.Rows; i++)
        {
            var y = TV.Load(source + (i * PanelLayout.Width));
            if (biased) y += bias;
            y = TFunction.Apply(y, parameter);
            if (gate != null) y *= TV.Load(gate + (i * strip.GateStride));
            if (scaled) y = TV.Select(off, zero, y * scale);
            if (residual != null) y += TV.Load(residual + (i * strip.ResidualStride));
            if (whole)
            {
                TV.Store(y, destination + (i * strip.Stride));
                continue;
            }

            TV.Store(y, part);
            for (int j = 0; j < strip.Width; j++) destination[(i * strip.Stride) + j] = part[j];
        }
    }
}
