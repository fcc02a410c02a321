namespace Babel.Bench;

/// <summary>
/// Races that <c>babel bench</c> does not run. <c>gemm</c>: our matrix product against the machine's ceilings and OpenBLAS, in one run. <c>attention</c>: the
/// attention operator at many lengths, head sizes and groups. <c>long</c>: time and memory of long texts. <c>fast</c>: exact and fast precision by turns.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["gemm", .. var rest]) return GemmReport.Run(rest);
        if (args is ["attention", .. var shapes]) return AttentionReport.Run(shapes);
        if (args is ["long", .. var lengths]) return LongReport.Run(lengths);
        if (args is ["fast", .. var both]) return FastReport.Run(both);
        Console.Error.WriteLine("gemm, attention, long or fast; bench/README.md says what each takes");
        return 2;
    }
}
