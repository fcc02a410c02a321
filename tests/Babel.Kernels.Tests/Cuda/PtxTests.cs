using Babel.Kernels.Cuda;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>The PTX the library carries is what its sources say.</summary>
public class PtxTests
{
    [SkippableFact]
    public void Ptx_BuiltAgain_GivesTheSameBytes()
    {
        Skip.If(PtxBuilder.WhyNot() is not null, PtxBuilder.WhyNot());
        foreach (var target in PtxBuilder.Targets)
        {
            string committed = File.ReadAllText(Path.Combine(Fixtures.Root, target.Output));
            Assert.True(committed == PtxBuilder.Build(Fixtures.Root, target), $"{target.Output} is stale: dotnet run eng/build-ptx.cs");
        }
    }

    [Fact]
    public void Ptx_EveryTarget_IsEmbeddedWithItsKernels()
    {
        foreach (var target in PtxBuilder.Targets)
        {
            var ptx = CudaPtx.Read(Path.GetFileName(target.Output));
            Assert.NotEmpty(CudaPtx.Kernels(ptx));
            Assert.Contains($".target {target.Architecture}\n", System.Text.Encoding.ASCII.GetString(ptx), StringComparison.Ordinal);
        }
    }
}
