using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class MicroKernelSourceTests
{
    [Fact]
    public void GeneratedKernels_AreWhatTheGeneratorWrites()
    {
        foreach (var (path, text) in MicroKernelGenerator.Files())
        {
            string committed = File.ReadAllText(Path.Combine(Fixtures.Root, path)).ReplaceLineEndings("\n");
            Assert.True(committed == text, $"{path} is not what eng/generate-microkernels.cs writes; run it");
        }
    }
}
