using BenchmarkDotNet.Running;

namespace Babel.Bench;

/// <summary>
/// Races that <c>babel bench</c> does not run. <c>gemm</c>: our matrix product against the machine's ceilings and OpenBLAS, in one run. <c>attention</c>: the
/// attention operator at many lengths, head sizes and groups. <c>long</c>: time and memory of long texts. <c>fast</c>: exact and fast precision by turns.
/// <c>precision</c>: logits beside float64. <c>devices</c>: forwards on another device and on <c>cpu</c> by turns. <c>cases</c>: the operators, the heavy
/// ones by their smallest cases, for checkers. Anything else goes to BenchmarkDotNet, which
/// times the operators of <c>babel bench operators</c> one by one (<c>--filter '*'</c>).
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["gemm", .. var rest]) return GemmReport.Run(rest);
        if (args is ["attention", .. var shapes]) return AttentionReport.Run(shapes);
        if (args is ["long", .. var lengths]) return LongReport.Run(lengths);
        if (args is ["fast", .. var both]) return FastReport.Run(both);
        if (args is ["precision", .. var exact]) return PrecisionReport.Run(exact);
        if (args is ["devices", .. var folders]) return DeviceReport.Run(folders);
        if (args is ["cases", .. var cases]) return CaseReport.Run(cases);
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }
}
