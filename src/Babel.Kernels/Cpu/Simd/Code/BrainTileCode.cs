using System.Runtime.InteropServices;

namespace Babel.Kernels.Cpu.Simd.Code;

/// <summary>
/// Writes the register tiles of the bfloat16 product with VDPBF16PS, one function for every height; what they compute is at <see cref="BrainKernels"/>.
/// </summary>
/// <remarks>
/// A function takes the address of a <see cref="BrainTile"/> in the platform's first argument register and uses no register that a callee has
/// to keep, but for xmm6 to xmm15 on Windows, which it saves.
/// <code>
///     sum[i][h] = 0
/// pair:
///     b0, b1 = panel[0], panel[64]           32 columns, two values of each
///     for every row i
///         a = broadcast rows[i * 512]        two values of the row
///         sum[i][0] += a . b0, sum[i][1] += a . b1
///     rows += 4, panel += 128, until no pair is left
///     if there are earlier sums, sum[i] = sum[i] + earlier[i]
///     store sum[i]
/// </code>
/// </remarks>
internal static class BrainTileCode
{
    /// <summary>Rows of the tallest tile: 28 of 32 registers hold sums, two a row of the panel, two what is broadcast.</summary>
    public const int Tallest = 14;

    private const int Panel0 = 28, Panel1 = 29, Row0 = 30;
    private const int RowBytes = PanelLayout.PairDepth * sizeof(ushort);
    private const int PairBytes = PanelLayout.Width * 2 * sizeof(ushort);
    private const int SumBytes = PanelLayout.Width * sizeof(float);
    private const int Ahead = 32 * PairBytes;
    private const int FirstSaved = 6, Saved = 10;

    /// <summary>Writes the functions for 1 to <see cref="Tallest"/> rows; <paramref name="starts"/>[rows] says where each begins.</summary>
    public static byte[] Write(bool windows, Span<int> starts)
    {
        var code = new Assembler();
        for (int rows = 1; rows <= Tallest; rows++)
        {
            code.Align();
            starts[rows] = code.Position;
            Tile(code, rows, windows);
        }

        return code.ToArray();
    }

    private static void Tile(Assembler code, int rows, bool windows)
    {
        if (windows) SaveVectors(code);
        LoadArguments(code, windows ? Gp.Rcx : Gp.Rdi);
        for (int sum = 0; sum < 2 * rows; sum++) code.Clear(sum);
        int pair = code.Position;
        code.Load(Panel0, Gp.Rdx, 0);
        code.Load(Panel1, Gp.Rdx, 64);
        code.Prefetch(Gp.Rdx, Ahead);
        code.Prefetch(Gp.Rdx, Ahead + 64);
        for (int i = 0; i < rows; i++)
        {
            int row = Row0 + (i & 1);
            code.Broadcast(row, Gp.Rcx, i * RowBytes);
            code.DotBrain(2 * i, row, Panel0);
            code.DotBrain((2 * i) + 1, row, Panel1);
        }

        code.Add(Gp.Rcx, 2 * sizeof(ushort));
        code.Add(Gp.Rdx, PairBytes);
        code.Subtract(Gp.R11, 1);
        code.JumpIfNotZero(pair);
        AddEarlier(code, rows);
        for (int i = 0; i < rows; i++)
        {
            code.Store(Gp.R9, 0, 2 * i);
            code.Store(Gp.R9, 64, (2 * i) + 1);
            code.Add(Gp.R9, Gp.R10);
        }

        if (windows) RestoreVectors(code);
        code.ZeroUpper();
        code.Return();
    }

    private static void LoadArguments(Assembler code, Gp argument)
    {
        int Offset(string field) => (int)Marshal.OffsetOf<BrainTile>(field);
        code.Load(Gp.Rdx, argument, Offset(nameof(BrainTile.Panel)));
        code.Load(Gp.R8, argument, Offset(nameof(BrainTile.Earlier)));
        code.Load(Gp.R9, argument, Offset(nameof(BrainTile.Output)));
        code.Load(Gp.R10, argument, Offset(nameof(BrainTile.OutputBytes)));
        code.Load(Gp.R11, argument, Offset(nameof(BrainTile.Pairs)));
        code.Load(Gp.Rcx, argument, Offset(nameof(BrainTile.Rows)));
    }

    private static void AddEarlier(Assembler code, int rows)
    {
        code.Test(Gp.R8);
        int none = code.JumpIfZero();
        for (int sum = 0; sum < 2 * rows; sum++) code.Add(sum, sum, Gp.R8, (sum / 2 * SumBytes) + (sum % 2 * 64));
        code.Land(none);
    }

    private static void SaveVectors(Assembler code)
    {
        code.Subtract(Gp.Rsp, Saved * 64);
        for (int i = 0; i < Saved; i++) code.Store(Gp.Rsp, i * 64, FirstSaved + i);
    }

    private static void RestoreVectors(Assembler code)
    {
        for (int i = 0; i < Saved; i++) code.Load(FirstSaved + i, Gp.Rsp, i * 64);
        code.Add(Gp.Rsp, Saved * 64);
    }
}
