using BenchmarkDotNet.Running;

namespace Babel.Bench;

/// <summary>
/// <c>gemm</c>: our matrix product against the machine's ceilings and OpenBLAS, in one run. <c>taps</c>: what statistics and ablation cost a gated FFN.
/// <c>forward</c>: what they cost a whole forward pass. <c>attention</c>: the attention operator against the machine's ceilings.
/// <c>decode</c>: generation beside the read bandwidth.
/// Anything else goes to BenchmarkDotNet
/// (<c>--filter '*Linear*'</c>, <c>--list flat</c>).
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["gemm", .. var rest]) return GemmReport.Run(rest);
        if (args is ["taps", .. var options]) return TapReport.Run(options);
        if (args is ["forward", .. var more]) return ForwardReport.Run(more);
        if (args is ["attention", .. var shapes]) return AttentionReport.Run(shapes);
        if (args is ["decode", .. var other]) return DecodeReport.Run(other);
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }
}
