using Babel.Kernels.Diagnostics;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>The operator table on an emulated GPU: the kernels of the PTX, compiled for the host, behind the driver's entry points.</summary>
public class CudaOperatorTests
{
    public static TheoryData<string> Operators => [.. SelfTest.Operators];

    [SkippableTheory]
    [MemberData(nameof(Operators))]
    public void Operator_EveryCaseOnEmulatedGpu_KeepsItsBound(string op)
    {
        using var driver = new EmulatedDriver();
        using (var device = driver.Open())
        {
            var results = SelfTest.Run(device, op);
            Assert.NotEmpty(results);
            Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
        }

        Assert.Equal(0, driver.Live);
    }
}
