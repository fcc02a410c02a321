using Babel.Kernels;

namespace Babel.Cli.Tests;

/// <summary>A kind of device whose opening ends in the exception given: every way to fail, without a machine that fails so.</summary>
internal sealed class FailingDeviceProvider(Exception exception) : IDeviceProvider
{
    public string Kind => "failing";

    public IReadOnlyList<DeviceInfo> List() => [new DeviceInfo("failing", "fails when it is opened", "it was made to")];

    public Device Open(DeviceSpec spec, DeviceOptions options) => throw exception;
}
