using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The register tiles of <see cref="Precision.Fast"/>: rows of activations and a panel of 32 weight columns, both bfloat16, over a block of the inner index:
/// <code>output[i, j] = (earlier ? earlier[i, j] : 0) + sum_p a[i, 2p] b[2p, j] + a[i, 2p+1] b[2p+1, j]</code>
/// </summary>
/// <remarks>
/// One accumulator an output, pairs ascending, the block's sum added to the earlier ones at the end: the bits of an output do not depend on the tile's height. VDPBF16PS adds
/// two products to a float32 in two steps, each rounded to nearest even; it takes subnormal numbers for zero and returns none (Intel 64 and IA-32 Architectures Software
/// Developer's Manual, volume 2, "VDPBF16PS").
/// </remarks>
internal sealed unsafe class BrainKernels : IDisposable
{
    private readonly ExecutablePage _page;
    private readonly nint[] _tiles;

    private BrainKernels(BrainForm form, ExecutablePage page, ReadOnlySpan<int> starts)
    {
        Instruction = form.Instruction;
        _page = page;
        _tiles = new nint[form.Tallest + 1];
        for (int rows = 1; rows <= form.Tallest; rows++) _tiles[rows] = page.Address + starts[rows];
    }

    /// <summary>What multiplies.</summary>
    public string Instruction { get; }

    /// <summary>Rows of the tallest tile.</summary>
    public int Tallest => _tiles.Length - 1;

    /// <summary>The tiles of the first form that a device with these vectors can use; null, with the reason, when there is none.</summary>
    public static BrainKernels? TryCreate(CpuInstructionSet set, out string? whyNot)
    {
        whyNot = WhyNot(set);
        if (whyNot is not null) return null;
        var form = BrainForms.All.First(f => f.WhyNot(set) is null);
        int[] starts = new int[form.Tallest + 1];
        byte[] code = form.Write(OperatingSystem.IsWindows(), starts);
        if (ExecutablePage.TryCreate(code) is { } page) return new BrainKernels(form, page, starts);
        whyNot = "the system does not let a program make machine code";
        return null;
    }

    /// <summary>Why a device with these vectors has no form, or null when it has one.</summary>
    public static string? WhyNot(CpuInstructionSet set) =>
        BrainForms.All.Any(f => f.WhyNot(set) is null) ? null : string.Join("; ", BrainForms.All.Select(f => f.WhyNot(set)));

    /// <summary>The tile for <paramref name="rows"/> rows. It runs for a microsecond at most and calls nothing, so the collector need not be told.</summary>
    public delegate* unmanaged[SuppressGCTransition]<BrainTile*, void> Tile(int rows) =>
        (delegate* unmanaged[SuppressGCTransition]<BrainTile*, void>)_tiles[rows];

    /// <inheritdoc/>
    public void Dispose() => _page.Dispose();
}
