using System.Text.RegularExpressions;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>
/// <c>wgmma.fence</c> has to stand between a write to a register and a multiplication that uses it (PTX ISA, "wgmma.fence"). The compiler takes the fence for one of
/// memory, so what it made of the sources is looked at.
/// </summary>
public partial class PtxFenceTests
{
    [Fact]
    public void Ptx_BetweenFenceAndCommit_NoRegisterOfAMultiplicationIsWritten()
    {
        string ptx = File.ReadAllText(Path.Combine(Fixtures.Root, PtxBuilder.Targets.Single(t => t.Source == "hopper").Output));
        var found = Writes(ptx, out int groups);
        Assert.True(groups > 20, $"only {groups} groups of multiplications were found");
        Assert.Empty(found);
    }

    [Fact]
    public void Writes_BehindAFence_AreFound()
    {
        const string Ptx = "\twgmma.fence.sync.aligned;\n\tmov.f32 %f2, 0f00000000;\n\tmov.f32 %f20, 0f00000000;\n"
            + "\twgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f1, %f2}, {%r7}, %rd6, 1, 1, 1, 1;\n\tmov.u32 %r7, 1;\n\twgmma.commit_group.sync.aligned;\n\tmov.f32 %f1, 0f00000000;\n";
        Assert.Equal(["mov.f32 %f2, 0f00000000;", "mov.u32 %r7, 1;"], Writes(Ptx, out int groups));
        Assert.Equal(1, groups);
    }

    private static List<string> Writes(string ptx, out int groups)
    {
        var found = new List<string>();
        groups = 0;
        foreach (Match group in Group().Matches(ptx))
        {
            groups++;
            string[] lines = group.Groups["body"].Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var used = lines.Where(l => l.StartsWith("wgmma.mma_async", StringComparison.Ordinal))
                .SelectMany(l => Braces().Matches(l)).SelectMany(m => Register().Matches(m.Value)).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
            found.AddRange(lines.Where(l => !l.StartsWith("wgmma", StringComparison.Ordinal) && Written(l).Any(used.Contains)));
        }

        return found;
    }

    // The first operand, or all of those in braces that come first; a store writes none.
    private static IEnumerable<string> Written(string line)
    {
        var target = Target().Match(line);
        return target.Success ? Register().Matches(target.Groups["operand"].Value).Select(m => m.Value) : [];
    }

    [GeneratedRegex(@"wgmma\.fence\.sync\.aligned;(?<body>.*?)wgmma\.commit_group", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Group();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"%[a-z]+\d+")]
    private static partial Regex Register();

    [GeneratedRegex(@"^(?:@!?%p\d+ +)?[a-z][\w.:]* *\t*(?<operand>(?:\{[^}]*\})|(?:%[a-z]+\d+))", RegexOptions.ExplicitCapture)]
    private static partial Regex Target();
}
