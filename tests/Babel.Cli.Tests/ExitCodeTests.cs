using Babel.Analysis.Errors;
using Babel.Cli.Options;
using Babel.Kernels.Errors;
using Babel.Model.Errors;
using Xunit;

namespace Babel.Cli.Tests;

public sealed class ExitCodeTests
{
    public static TheoryData<Exception, int> Ends => new()
    {
        { new InvalidOperationException("a bug"), 1 },
        { new KernelException("shapes"), 1 },
        { new UsageException("flags"), 2 },
        { new ModelFormatException("torn"), 3 },
        { new ModelInputException("id 9 of 8"), 3 },
        { new UnsupportedModelException("key"), 4 },
        { new ModelNotFoundException("folder"), 5 },
        { new FileNotFoundException("file"), 5 },
        { new DeviceUnavailableException("no driver"), 6 },
        { new DeviceMemoryException("full"), 6 },
        { new StoreCorruptException("torn"), 7 },
        { new UnauthorizedAccessException("denied"), 9 },
        { new IOException("disk full"), 9 },
        { new OperationCanceledException(), 130 },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Of_EveryError_HasItsCode(Exception exception, int code) => Assert.Equal(code, ExitCodes.Of(exception).Code);

    [Fact]
    public void All_AreDistinctAndAscending()
    {
        int[] codes = [.. ExitCodes.All.Select(e => e.Code)];
        Assert.Equal(codes.Distinct().Order(), codes);
        Assert.Equal(codes.Length, ExitCodes.All.Select(e => e.Meaning).Distinct(StringComparer.Ordinal).Count());
    }
}
