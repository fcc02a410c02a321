using System.Runtime.InteropServices;
using Babel.Kernels.Cpu;
using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Simd.Code;
using Babel.Kernels.Interop;
using Xunit;

namespace Babel.Kernels.Tests.Cpu.Simd;

/// <summary>The machine code of the tiles, called as each platform calls it.</summary>
public sealed unsafe class BrainTileCodeTests
{
    private const int Pairs = 5, Stride = 40;

    public static TheoryData<int> Heights => [.. Enumerable.Range(1, BrainTileCode.Tallest)];

    [SkippableTheory]
    [MemberData(nameof(Heights))]
    public void Tile_OfWindows_ComputesTheSame_AndKeepsTheRegistersItMustKeep(int rows)
    {
        Skip.IfNot(BrainKernels.WhyNot(CpuInstructionSet.Avx512) is null && !OperatingSystem.IsWindows(), "no AVX512-BF16, or Windows itself");
        Span<int> starts = stackalloc int[BrainTileCode.Tallest + 1];
        float[] here = Call(BrainTileCode.Write(windows: false, starts), starts[rows], rows);
        byte[] windows = BrainTileCode.Write(windows: true, starts);
        int entry = windows.Length;
        float[] kept = new float[10 * 16];
        for (int i = 0; i < kept.Length; i++) kept[i] = i;
        float[] before = [.. kept];
        float[] there = Call([.. windows, .. FromSystemV(entry, starts[rows])], entry, rows, kept);
        Assert.Equal(here, there);

        // Callees keep the lower 128 bits.
        for (int i = 0; i < kept.Length; i++)
            if (i % 16 < 4) Assert.Equal(before[i], kept[i]);
    }

    [SkippableFact]
    public void Page_OfCode_Runs()
    {
        Skip.IfNot(RuntimeInformation.ProcessArchitecture == Architecture.X64, "x86-64 only");

        // mov eax, 42; ret
        using var page = ExecutablePage.TryCreate([0xB8, 42, 0, 0, 0, 0xC3]);
        Assert.NotNull(page);
        Assert.Equal(42, ((delegate* unmanaged<int>)page.Address)());
    }

    // Takes (tile, nothing, vectors) as System V passes them, loads zmm6 to zmm15, calls a function as Windows does, and stores the registers.
    private static byte[] FromSystemV(int at, int target)
    {
        Assembler load = new(), store = new();
        for (int i = 0; i < 10; i++)
        {
            load.Load(6 + i, Gp.Rdx, i * 64);
            store.Store(Gp.Rdx, i * 64, 6 + i);
        }

        byte[] before = [0x48, 0x89, 0xF9, 0x52, .. load.ToArray(), 0xE8]; // mov rcx, rdi; push rdx; ...; call
        return [.. before, .. BitConverter.GetBytes(target - (at + before.Length + 4)), 0x5A, .. store.ToArray(), 0xC3]; // pop rdx; ...; ret
    }

    private static float[] Call(byte[] code, int entry, int rows, float[]? vectors = null)
    {
        using var page = ExecutablePage.TryCreate(code);
        Assert.NotNull(page);
        ushort[] a = Brain(rows * PanelLayout.PairDepth, 1), b = Brain(Pairs * 64, 2);
        float[] earlier = CpuCase.Randoms(rows * 32, 3), output = CpuCase.Filled(rows * Stride, -1);
        fixed (ushort* pa = a, pb = b)
        fixed (float* pe = earlier, po = output, pv = vectors)
        {
            var tile = new BrainTile { Rows = pa, Panel = pb, Earlier = pe, Output = po, OutputBytes = Stride * sizeof(float), Pairs = Pairs };
            ((delegate* unmanaged<BrainTile*, void*, float*, void>)(page.Address + entry))(&tile, null, pv);
        }

        for (int i = 0; i < rows; i++)
            for (int j = 0; j < Stride; j++) Assert.Equal(j < 32 ? Expected(a, b, earlier, i, j) : -1, output[(i * Stride) + j]);
        return output;
    }

    // In the order the manual gives: of a pair the second product, then the first, each added with one rounding.
    private static float Expected(ushort[] a, ushort[] b, float[] earlier, int i, int j)
    {
        float sum = 0;
        for (int p = 0; p < Pairs; p++)
        {
            for (int half = 1; half >= 0; half--)
            {
                float x = DTypes.FromBFloat16(a[(i * PanelLayout.PairDepth) + (2 * p) + half]), w = DTypes.FromBFloat16(b[(p * 64) + (2 * j) + half]);
                sum = MathF.FusedMultiplyAdd(x, w, sum);
            }
        }

        return sum + earlier[(i * 32) + j];
    }

    private static ushort[] Brain(int count, int seed) => Array.ConvertAll(CpuCase.Randoms(count, seed), DTypes.ToBFloat16);
}
