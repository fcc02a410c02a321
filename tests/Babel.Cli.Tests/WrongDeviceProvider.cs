using System.Reflection;
using Babel.Kernels;
using Babel.Kernels.Cpu;

namespace Babel.Cli.Tests;

/// <summary>The processor, except that its sums and norms are a little off: what a broken kernel looks like.</summary>
internal sealed class WrongDeviceProvider : IDeviceProvider
{
    public string Kind => "wrong";

    public IReadOnlyList<DeviceInfo> List() => [new DeviceInfo("wrong", "the processor with a broken Add and Norm")];

    public Device Open(DeviceSpec spec, DeviceOptions options) => new WrongDevice(new CpuDeviceProvider().Open(DeviceSpec.Parse("cpu"), options));

    private sealed class WrongDevice(Device inner) : Device
    {
        public override string Name => "wrong";

        public override string Description => "broken on purpose";

        public override DType ComputeType => inner.ComputeType;

        public override IOps Ops { get; } = WrongOps.Around(inner.Ops);

        public override Tensor Allocate(DType dtype, Shape shape) => inner.Allocate(dtype, shape);

        public override Weight CreateWeight(DType storage, long rows, long columns, string name) => inner.CreateWeight(storage, rows, columns, name);

        public override void Upload(ReadOnlySpan<byte> source, TensorView destination) => inner.Upload(source, destination);

        public override void Download(TensorView source, Span<byte> destination) => inner.Download(source, destination);

        protected override void Dispose(bool disposing) => inner.Dispose();
    }

    public class WrongOps : DispatchProxy
    {
        private IOps _inner = null!;

        public static IOps Around(IOps inner)
        {
            var proxy = Create<IOps, WrongOps>();
            ((WrongOps)(object)proxy)._inner = inner;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            object? result = targetMethod!.Invoke(_inner, args);
            if (targetMethod.Name is nameof(IOps.Add) or nameof(IOps.Norm)) ((TensorView)args![^1]!).Span<float>()[0] += 0.01f;
            return result;
        }
    }
}
