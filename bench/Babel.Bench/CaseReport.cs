using System.Globalization;
using Babel.Kernels;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Reference;

namespace Babel.Bench;

/// <summary>
/// <c>cases [--device NAME] [--operator NAME]</c>: the smallest cases that still take every path of products, attention and Q/K importance, and all cases of the
/// other operators, one line each. For checkers that run a kernel a thousand times slower than the device (oclgrind), where the table of <c>babel selftest</c>
/// does not come to an end.
/// </summary>
internal static class CaseReport
{
    private static readonly string[] AttentionOptions = ["", "window", "cap", "alibi", "falcon", "taps", "pattern", "pattern window alibi"];
    private static readonly string[] ScoreOptions = ["", "rope", "partial rope", "alibi", "window rope", "cap", "norm cap rope window", "rope huge"];
    private static readonly DType[] Storages = [DType.F32, DType.F16, DType.BF16];

    // A sequence that begins after keys, a single token, and more keys than are taken at a time.
    private static readonly SequenceSpan[] Spans = [new(0, 2, 3, 3), new(2, 1, 7, 1), new(3, 2, 0, 35)];

    private static IEnumerable<OperatorCase> Small =>
    [
        .. from storage in Storages
           from option in (string[])["plain", "everything"]
           from size in ((int N, int Out, int In)[])[(1, 1, 1), (2, 67, 18)]
           select ProductCases.Linear([size.N], size.Out, size.In, storage, option, new(ActivationKind.Silu)),
        ProductCases.Linear([3, 63], 3, 5, DType.F32, "everything", new(ActivationKind.GeluErf)),
        .. from storage in Storages
           from size in ((int N, int Out, int In)[])[(1, 1, 1), (2, 67, 18)]
           select ProductCases.Gated([size.N], size.Out, size.In, storage, "everything", new(ActivationKind.GeluTanh)),
        .. from storage in Storages
           from option in (string[])["plain", "bias", "cap", "far"]
           select ProductCases.LogProb(3, 67, 5, storage, option),
        .. from option in AttentionOptions select AttentionCases.Attention(new AttentionShape(4, 2, 6, option), "small", Spans),
        AttentionCases.Attention(new AttentionShape(1, 1, 65, "window"), "small", Spans),
        .. from option in ScoreOptions
           from form in (QkScoreForm[])[QkScoreForm.Exact, QkScoreForm.Repo]
           select ScoreCases.QkScores(new AttentionShape(4, 2, 6, option), form, [3, 1, 5]),
        ScoreCases.QkScores(new AttentionShape(1, 1, 2, "rope"), QkScoreForm.Exact, [131]),
    ];

    /// <summary>Runs them.</summary>
    public static int Run(string[] args)
    {
        string? op = Arguments.Option(args, "--operator");
        using var device = Cut.Open(Arguments.Option(args, "--device") ?? "opencl:0");
        using var reference = new ReferenceDevice();
        Console.WriteLine($"{device.Name}: {device.Description}");
        int failed = 0;
        var heavy = Small.ToList();
        var light = CaseTable.All.Where(c => heavy.TrueForAll(h => h.Operator != c.Operator));
        foreach (var one in heavy.Concat(light).Where(c => op is null || c.Operator == op))
        {
            var result = SelfTest.Run(device, reference, one);
            if (!result.Passed) failed++;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(result.Passed ? "ok    " : "FAILED")} {result.Operator} {result.Case}: {result.Failure ?? $"{result.BoundUsed:P1} of the bound"}, {result.Milliseconds:F0} ms"));
        }

        return failed;
    }
}
