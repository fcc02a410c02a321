using System.Text.RegularExpressions;
using Xunit;

namespace Babel.Cli.Tests.House;

/// <summary>Dependencies point one way: Cli -> Analysis -> Model -> Kernels; native code lives in its rooms.</summary>
public sealed partial class DependencyTests
{
    private static readonly string[] Order = ["Kernels", "Model", "Analysis", "Cli"];

    public static TheoryData<string> Projects => [.. Order];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_NamesNothingAboveIt(string project)
    {
        int rank = Array.IndexOf(Order, project);
        var upward = Repository.Code($"src/Babel.{project}")
            .SelectMany(file => Repository.CodeLines(file).SelectMany(line => Mention().Matches(line)).Select(m => (file, name: m.Groups[1].Value)))
            .Where(use => Array.IndexOf(Order, use.name) > rank)
            .Select(use => $"{use.file} names Babel.{use.name}");
        Findings.None(upward);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyTheOneBelow(string project)
    {
        int rank = Array.IndexOf(Order, project);
        string text = Repository.Read($"src/Babel.{project}/Babel.{project}.csproj");
        var references = ProjectReference().Matches(text).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(rank == 0 ? [] : [Order[rank - 1]], references);
    }

    [Fact]
    public void Libraries_UseNoPackages()
    {
        foreach (string project in Order[..3])
            Assert.DoesNotContain("PackageReference", Repository.Read($"src/Babel.{project}/Babel.{project}.csproj"), StringComparison.Ordinal);
    }

    [Fact]
    public void NativeCode_LivesUnderInteropOrSimd_OrInTheAtomicWrite()
    {
        var strangers = Repository.Code("src", "bench")
            .Where(file => !file.Contains("/Interop/", StringComparison.Ordinal) && !file.Contains("/Simd/", StringComparison.Ordinal))
            .Where(file => Path.GetFileName(file) != "AtomicFile.cs")
            .Where(file => Repository.CodeLines(file).Any(line => Native().IsMatch(line)));
        Findings.None(strangers);
    }

    [GeneratedRegex(@"\bBabel\.(Kernels|Model|Analysis|Cli)\b")]
    private static partial Regex Mention();

    [GeneratedRegex(@"<ProjectReference Include=""\.\./Babel\.(\w+)/")]
    private static partial Regex ProjectReference();

    // A pointer type needs an unsafe context, so these words find those too.
    [GeneratedRegex(@"\bunsafe\b|\[DllImport|\[LibraryImport|\bdelegate\s*\*|\bNativeLibrary\.")]
    private static partial Regex Native();
}
