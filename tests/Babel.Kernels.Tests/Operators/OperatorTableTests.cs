using System.Reflection;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

public class OperatorTableTests
{
    public static TheoryData<string, string> DevicesAndOperators => TestDevices.WithOperators;

    [SkippableTheory]
    [MemberData(nameof(DevicesAndOperators))]
    public void Operator_EveryCase_KeepsItsBound(string device, string op)
    {
        using var opened = TestDevices.Open(device);
        var results = SelfTest.Run(opened, op);
        Assert.NotEmpty(results);
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
    }

    [Fact]
    public void IOps_EveryOperator_HasCasesAndAReference()
    {
        string[] operators = [.. typeof(IOps).GetMethods().Select(m => m.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(operators, SelfTest.Operators.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(operators.Length, operators.Distinct(StringComparer.Ordinal).Count());
        var map = typeof(ReferenceOps).GetInterfaceMap(typeof(IOps));
        Assert.All(map.TargetMethods, m => Assert.Equal(typeof(ReferenceOps), m.DeclaringType));
    }

    [Fact]
    public void CaseTable_Names_AreUnique()
    {
        var names = CaseTable.All.Select(c => $"{c.Operator} {c.Name}").ToArray();
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 32)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Attention_RandomShape_KeepsItsBound(int seed)
    {
        var random = new Random(seed);
        int kvHeads = random.Next(1, 4), group = random.Next(1, 5);
        string options = string.Join(' ', new[] { "window", "cap", "alibi", "taps", "pattern" }.Where(_ => random.Next(3) == 0));
        var spans = new SequenceSpan[random.Next(1, 4)];
        int start = 0;
        for (int s = 0; s < spans.Length; s++)
        {
            int queries = random.Next(1, 100), keys = queries + (random.Next(2) * random.Next(100));
            spans[s] = new SequenceSpan(start, queries, random.Next(50), keys);
            start += queries;
        }

        var shape = new AttentionShape(kvHeads * group, kvHeads, random.Next(1, 100), options);
        Check(AttentionCases.Attention(shape, $"random {seed}", spans));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void QkScores_RandomShape_KeepsItsBound(int seed)
    {
        var random = new Random(seed);
        int kvHeads = random.Next(1, 3), group = random.Next(1, 4);
        string options = string.Join(' ', new[] { "window", "cap", "alibi", "norm", "rope", "large" }.Where(_ => random.Next(3) == 0));
        var shape = new AttentionShape(kvHeads * group, kvHeads, random.Next(2, 20), options);
        int[] lengths = [random.Next(1, 40), random.Next(1, 20)];
        Check(ScoreCases.QkScores(shape, random.Next(4) == 0 ? QkScoreForm.Repo : QkScoreForm.Exact, lengths));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Linear_RandomShape_KeepsItsBound(int seed)
    {
        var random = new Random(seed);
        var storage = new[] { DType.F32, DType.F16, DType.BF16 }[random.Next(3)];
        int[] lengths = [random.Next(1, 40), random.Next(1, 40)];
        var activation = new Activation((ActivationKind)random.Next(5));
        Check(ProductCases.Linear(lengths, random.Next(1, 200), random.Next(1, 400), storage, "everything", activation));
    }

    private static void Check(OperatorCase one)
    {
        using Device device = TestDevices.Open("cpu"), reference = new ReferenceDevice();
        var result = SelfTest.Run(device, reference, one);
        Assert.True(result.Passed, $"{result.Case}: {result.Failure}");
    }
}
