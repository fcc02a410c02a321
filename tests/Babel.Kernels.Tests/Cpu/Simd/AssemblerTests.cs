using System.ComponentModel;
using System.Diagnostics;
using Babel.Kernels.Cpu.Simd.Code;
using Xunit;

namespace Babel.Kernels.Tests.Cpu.Simd;

/// <summary>Every form of instruction against the bytes that GNU as 2.40 makes of its name, and against the assembler of this machine where there is one.</summary>
public sealed class AssemblerTests
{
    private static readonly (Action<Assembler> Write, string Name, string Bytes)[] Forms =
    [
        (c => c.DotBrain(0, 1, 2), "vdpbf16ps zmm0, zmm1, zmm2", "62f2764852c2"),
        (c => c.DotBrain(27, 31, 29), "vdpbf16ps zmm27, zmm31, zmm29", "6202064052dd"),
        (c => c.DotBrain(9, 17, 8), "vdpbf16ps zmm9, zmm17, zmm8", "6252764052c8"),
        (c => c.Add(3, 3, Gp.R8, 128), "vaddps zmm3, zmm3, [r8+128]", "62d16448585802"),
        (c => c.Add(25, 25, Gp.R8, 1600), "vaddps zmm25, zmm25, [r8+1600]", "62413440584819"),
        (c => c.Clear(19), "vpxord zmm19, zmm19, zmm19", "62a16540efdb"),
        (c => c.Load(28, Gp.Rdx, 0), "vmovups zmm28, [rdx]", "62617c481022"),
        (c => c.Load(6, Gp.Rsp, 64), "vmovups zmm6, [rsp+64]", "62f17c4810742401"),
        (c => c.Store(Gp.R9, 64, 31), "vmovups [r9+64], zmm31", "62417c48117901"),
        (c => c.Store(Gp.Rsp, 0, 6), "vmovups [rsp], zmm6", "62f17c48113424"),
        (c => c.Broadcast(30, Gp.Rcx, 0), "vpbroadcastd zmm30, [rcx]", "62627d485831"),
        (c => c.Broadcast(31, Gp.Rcx, 6656), "vpbroadcastd zmm31, [rcx+6656]", "62627d4858b9001a0000"),
        (c => c.Broadcast(30, Gp.R9, 256), "vpbroadcastd zmm30, [r9+256]", "62427d48587140"),
        (c => c.Prefetch(Gp.Rdx, 4160), "prefetcht0 [rdx+4160]", "0f188a40100000"),
        (c => c.Prefetch(Gp.R10, 64), "prefetcht0 [r10+64]", "410f184a40"),
        (c => c.Load(Gp.R8, Gp.Rdi, 16), "mov r8, [rdi+16]", "4c8b4710"),
        (c => c.Load(Gp.Rcx, Gp.Rcx, 0), "mov rcx, [rcx]", "488b09"),
        (c => c.Add(Gp.Rcx, 4), "add rcx, 4", "4883c104"),
        (c => c.Add(Gp.Rdx, 128), "add rdx, 128", "4881c280000000"),
        (c => c.Add(Gp.Rsp, 640), "add rsp, 640", "4881c480020000"),
        (c => c.Subtract(Gp.R11, 1), "sub r11, 1", "4983eb01"),
        (c => c.Subtract(Gp.Rsp, 640), "sub rsp, 640", "4881ec80020000"),
        (c => c.Add(Gp.R9, Gp.R10), "add r9, r10", "4d01d1"),
        (c => c.Test(Gp.R8), "test r8, r8", "4d85c0"),
        (c => c.ZeroUpper(), "vzeroupper", "c5f877"),
        (c => c.Return(), "ret", "c3"),
        (c => c.JumpIfNotZero(c.Position), "0: {disp32} jne 0b", "0f85faffffff"),
        (c => c.Land(c.JumpIfZero()), "{disp32} je 1f\n1:", "0f8400000000"),
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Forms.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Instruction_HasTheBytesOfItsName(int form) => Assert.Equal(Forms[form].Bytes, Hex(Forms[form].Write));

    [Fact]
    public void Jumps_SpanWhatLiesBetween()
    {
        var code = new Assembler();
        int jump = code.JumpIfZero();
        int loop = code.Position;
        code.Return();
        code.JumpIfNotZero(loop);
        code.Land(jump);
        Assert.Equal("0f8407000000c30f85f9ffffff", Convert.ToHexStringLower(code.ToArray()));
    }

    [SkippableFact]
    public void EveryRegister_HasTheBytesOfTheAssemblerOfThisMachine()
    {
        var code = new Assembler();
        var names = new List<string>();
        foreach (var (write, name, _) in Forms[..^2])
        {
            write(code);
            names.Add(name);
        }

        Gp[] registers = Enum.GetValues<Gp>();
        for (int i = 0; i < 32; i++)
        {
            var (r, s) = (registers[i % registers.Length], registers[(i + 1) % registers.Length]);
            int a = (i * 7) % 32, b = (i * 13) % 32;
            code.DotBrain(i, a, b);
            code.Clear(i);
            code.Load(i, r, 64 * (i - 16));
            code.Store(r, 100 * i, i);
            code.Broadcast(i, r, 512 * i);
            code.Add(i, a, r, 64 * i);
            code.Load(r, s, 8 * i);
            code.Prefetch(r, 4096 + i);
            names.AddRange(
            [
                $"vdpbf16ps zmm{i}, zmm{a}, zmm{b}", $"vpxord zmm{i}, zmm{i}, zmm{i}", $"vmovups zmm{i}, [{r}+{64 * (i - 16)}]", $"vmovups [{r}+{100 * i}], zmm{i}",
                $"vpbroadcastd zmm{i}, [{r}+{512 * i}]", $"vaddps zmm{i}, zmm{a}, [{r}+{64 * i}]", $"mov {r}, [{s}+{8 * i}]", $"prefetcht0 [{r}+{4096 + i}]",
            ]);
        }

        Assert.Equal(Convert.ToHexStringLower(Assembled(names)), Convert.ToHexStringLower(code.ToArray()));
    }

    private static string Hex(Action<Assembler> write)
    {
        var code = new Assembler();
        write(code);
        return Convert.ToHexStringLower(code.ToArray());
    }

    private static byte[] Assembled(IEnumerable<string> lines)
    {
        using var folder = new TemporaryFolder();
        string source = folder.File("a.s", ".intel_syntax noprefix\n" + string.Join('\n', lines).ToLowerInvariant() + "\n");
        RunTool("as", "-o", folder.File("a.o"), source);
        RunTool("objcopy", "-O", "binary", "-j", ".text", folder.File("a.o"), folder.File("a.bin"));
        return File.ReadAllBytes(folder.File("a.bin"));
    }

    private static void RunTool(string name, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(name, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new SkipException($"{name} (GNU binutils) is not installed", e);
        }

        using (process)
        {
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Skip.If(process.ExitCode != 0 && error.Contains("no such instruction", StringComparison.Ordinal), $"{name} does not know AVX512-BF16");
            Assert.True(process.ExitCode == 0, error);
        }
    }
}
