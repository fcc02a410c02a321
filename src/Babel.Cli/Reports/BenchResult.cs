using Babel.Analysis.Benchmarks;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Cli.Reports;

/// <summary>What a run of <c>babel bench</c> found; a part that did not run is empty.</summary>
/// <param name="device">What computed.</param>
/// <param name="ceilings">What it can do, measured before everything else.</param>
internal sealed class BenchResult(Device device, DeviceCeilings ceilings)
{
    /// <summary>When it was measured.</summary>
    public DateTime Date { get; } = DateTime.UtcNow;

    /// <summary>The device's name.</summary>
    public string Device { get; } = device.Name;

    /// <summary>What its products were computed in.</summary>
    public Precision Precision { get; } = device.Precision;

    /// <summary>What the device is.</summary>
    public string Description { get; } = device.Description;

    /// <summary>What the device can do at most.</summary>
    public DeviceCeilings Ceilings { get; } = ceilings;

    /// <summary>Operators.</summary>
    public List<OperatorMeasurement> Operators { get; } = [];

    /// <summary>Prefill and generation.</summary>
    public List<ForwardMeasurement> Forwards { get; } = [];

    /// <summary>What observing costs.</summary>
    public List<StatisticsMeasurement> Statistics { get; } = [];

    /// <summary>Tokenizers.</summary>
    public List<TokenizerMeasurement> Tokenizers { get; } = [];

    /// <summary>Copies between host and device.</summary>
    public List<CopyMeasurement> Copies { get; } = [];

    /// <summary>Square products beside those of another library.</summary>
    public List<ProductComparison> Products { get; } = [];

    /// <summary>What could not be measured, and why.</summary>
    public List<(string Part, string Reason)> Failures { get; } = [];

    /// <summary>Scaling; null when it was not measured.</summary>
    public ScalingResult? Scaling { get; set; }
}
