namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The register tiles of one instruction set. A tile multiplies <c>rows</c> packed activation rows by one weight panel of 32 columns over a
/// block of the inner index:
/// <code>cout[i, j] = (cin ? cin[i, j] : 0) + sum_k a[k, i] b[k, j]</code>
/// with <c>a</c> [depth][rows], <c>b</c> [depth][32] (see <see cref="PanelLayout"/>), <c>cin</c> [rows][32] or null, and <c>cout</c> rows <c>ldc</c> floats apart.
/// The argument behind <c>b</c> is where the panel lies that is read next, or <c>b</c> again.
/// </summary>
/// <remarks>
/// <para>
/// A short tile waits for memory and uses its panel once, so it asks for the next panel while it reads this one, by a hint that leaves the larger caches to what is
/// used again. Taller ones find their panel in cache, and ask for what lies just ahead.
/// </para>
/// <para>
/// One accumulator an output, fused multiply-add, k ascending, the block's sum added to <c>cin</c> at the end: the bits of an output do
/// not depend on the tile's height, on the vector width or on how the weight is stored.
/// </para>
/// </remarks>
internal sealed unsafe class MicroKernelTable
{
    private readonly nint[] _float;
    private readonly nint[] _brain;
    private readonly nint[] _half;

    /// <summary>Collects the tiles of <paramref name="set"/>.</summary>
    public MicroKernelTable(CpuInstructionSet set)
    {
        InstructionSet = set;
        Tallest = set switch
        {
            CpuInstructionSet.Avx512 => MicroKernels512.Tallest,
            CpuInstructionSet.Avx2 => MicroKernels256.Tallest,
            CpuInstructionSet.Vector128 => MicroKernels128.Tallest,
            _ => MicroKernelsScalar.Tallest,
        };
        _float = new nint[Tallest + 1];
        _brain = new nint[Tallest + 1];
        _half = new nint[Tallest + 1];
        switch (set)
        {
            case CpuInstructionSet.Avx512:
                MicroKernels512.FillFloat(_float);
                MicroKernels512.FillBrain(_brain);
                MicroKernels512.FillHalf(_half);
                break;
            case CpuInstructionSet.Avx2:
                MicroKernels256.FillFloat(_float);
                MicroKernels256.FillBrain(_brain);
                MicroKernels256.FillHalf(_half);
                break;
            case CpuInstructionSet.Vector128:
                MicroKernels128.FillFloat(_float);
                MicroKernels128.FillBrain(_brain);
                MicroKernels128.FillHalf(_half);
                break;
            default:
                MicroKernelsScalar.FillFloat(_float);
                MicroKernelsScalar.FillBrain(_brain);
                MicroKernelsScalar.FillHalf(_half);
                break;
        }
    }

    /// <summary>Which instruction set the tiles use.</summary>
    public CpuInstructionSet InstructionSet { get; }

    /// <summary>Rows of the tallest tile.</summary>
    public int Tallest { get; }

    /// <summary>The tile for <paramref name="rows"/> rows and float32 weights.</summary>
    public delegate*<float*, void*, byte*, float*, float*, nint, nint, void> Float(int rows) =>
        (delegate*<float*, void*, byte*, float*, float*, nint, nint, void>)_float[rows];

    /// <summary>The tile for <paramref name="rows"/> rows and bfloat16 weights.</summary>
    public delegate*<float*, void*, byte*, float*, float*, nint, nint, void> Brain(int rows) =>
        (delegate*<float*, void*, byte*, float*, float*, nint, nint, void>)_brain[rows];

    /// <summary>The tile for <paramref name="rows"/> rows and finite binary16 weights.</summary>
    public delegate*<float*, void*, byte*, float*, float*, nint, nint, void> Half(int rows) =>
        (delegate*<float*, void*, byte*, float*, float*, nint, nint, void>)_half[rows];
}
