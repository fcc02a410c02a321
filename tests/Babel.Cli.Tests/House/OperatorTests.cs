using Babel.Kernels;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Xunit;

namespace Babel.Cli.Tests.House;

/// <summary>An operator is not done before it has an oracle, checks, cases and a benchmark.</summary>
public sealed class OperatorTests
{
    public static TheoryData<string> Operators => [.. typeof(IOps).GetMethods().Select(m => m.Name).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Operator_HasAReference(string name) =>
        Assert.Contains($"public void {name}(", Repository.Read($"src/Babel.Kernels/Reference/ReferenceOps.{name}.cs"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Operators))]
    public void Operator_HasItsOperandsChecked(string name)
    {
        string checks = string.Concat(Repository.Files("src/Babel.Kernels/Diagnostics", "CheckedOps*.cs").Select(Repository.Read));
        Assert.Contains($"public void {name}(", checks, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void Operator_HasCases(string name) => Assert.Contains(name, SelfTest.Operators, StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Operators))]
    public void Operator_HasABenchmark(string name) => Assert.Contains(name, OperatorBench.Operators, StringComparer.Ordinal);
}
