using BenchmarkDotNet.Running;

namespace Babel.Bench;

/// <summary>
/// <c>gemm</c>: our matrix product against the machine's ceilings and OpenBLAS, in one run. <c>taps</c>: what statistics and ablation cost a gated FFN.
/// <c>forward</c>: what they cost a whole forward pass. <c>attention</c>: the attention operator against the machine's ceilings.
/// <c>long</c>: time and memory of long texts.
/// <c>decode</c>: generation beside the read bandwidth. <c>precision</c>: logits beside float64.
/// <c>fast</c>: exact and fast precision by turns.
/// <c>statistics</c>: what each group of statistics costs one, collected too.
/// <c>devices</c>: forwards on another device and on <c>cpu</c> by turns.
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
        if (args is ["long", .. var lengths]) return LongReport.Run(lengths);
        if (args is ["precision", .. var exact]) return PrecisionReport.Run(exact);
        if (args is ["decode", .. var other]) return DecodeReport.Run(other);
        if (args is ["fast", .. var both]) return FastReport.Run(both);
        if (args is ["statistics", .. var last]) return StatisticsReport.Run(last);
        if (args is ["devices", .. var folders]) return DeviceReport.Run(folders);
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }
}
