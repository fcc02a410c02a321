using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Perfolizer.Horology;

namespace Babel.Bench;

/// <summary>
/// The table of <c>babel bench operators</c> under BenchmarkDotNet, for its statistics and exporters: which operator a change has made slower. In process, with few
/// iterations; sizes are the table's own.
/// </summary>
[Config(typeof(InProcess))]
public class OperatorBenchmarks : IDisposable
{
    private Device? _device;
    private BenchOperands? _operands;
    private Action _call = () => { };

    /// <summary>The device that is measured.</summary>
    [Params("cpu")]
    public string DeviceName { get; set; } = "cpu";

    /// <summary>The entry of the table.</summary>
    [ParamsSource(nameof(Names))]
    public string Operator { get; set; } = "";

    /// <summary>All entries.</summary>
    public static IEnumerable<string> Names => BenchTable.All.Select(NameOf);

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = DeviceRegistry.Default.Open(DeviceName);
        _operands = new BenchOperands(_device, new OperatorBenchShape());
        _call = BenchTable.All.First(c => NameOf(c) == Operator).Make(_operands).Call;
    }

    /// <summary>One call of the operator.</summary>
    [Benchmark]
    public void Call()
    {
        _call();
        _device!.Synchronize();
    }

    /// <summary>Releases the operands.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _operands?.Dispose();
        _device?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string NameOf(BenchCase one) => $"{one.Operator} {one.Name(new OperatorBenchShape())}";

    private sealed class InProcess : ManualConfig
    {
        public InProcess() => AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithIterationTime(TimeInterval.FromMilliseconds(50))
            .WithWarmupCount(3)
            .WithIterationCount(9));
    }
}
