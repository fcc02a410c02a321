namespace Babel.Kernels.Cpu.Simd.Code;

/// <summary>Writes a loop of nothing but VDPBF16PS in registers, 20 sums that do not wait for each other: the peak of <see cref="Precision.Fast"/>.</summary>
/// <remarks>The function takes the address of a <see cref="BrainChain"/> and uses the vector registers that both conventions leave to a callee, 0 to 5 and 16 to 31.</remarks>
internal static class BrainChainCode
{
    private const int Chains = 20;

    /// <summary>Operations of a step: two products and two sums in each of 16 lanes of every chain.</summary>
    public const double FlopPerStep = Chains * 64.0;

    /// <summary>Writes the function.</summary>
    public static byte[] Write(bool windows)
    {
        var code = new Assembler();
        var argument = windows ? Gp.Rcx : Gp.Rdi;
        code.Load(Gp.R11, argument, 0);
        code.Broadcast(4, argument, sizeof(long));
        code.Broadcast(5, argument, sizeof(long));
        for (int chain = 0; chain < Chains; chain++) code.Clear(Register(chain));
        int step = code.Position;
        for (int chain = 0; chain < Chains; chain++) code.DotBrain(Register(chain), 4, 5);
        code.Subtract(Gp.R11, 1);
        code.JumpIfNotZero(step);
        code.ZeroUpper();
        code.Return();
        return code.ToArray();
    }

    private static int Register(int chain) => chain < 4 ? chain : chain + 12;
}
