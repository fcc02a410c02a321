using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class MicroKernelSourceTests
{
    [Fact]
    public void GeneratedKernels_AreWhatTheGeneratorWrites()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Babel.sln"))) root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Babel.sln above the tests");
        foreach (var (path, text) in MicroKernelGenerator.Files())
        {
            string committed = File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings("\n");
            Assert.True(committed == text, $"{path} is not what eng/generate-microkernels.cs writes; run it");
        }
    }
}
