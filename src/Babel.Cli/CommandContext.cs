using System.Text.Json;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Kernels;

namespace Babel.Cli;

/// <summary>What a handler may touch: two streams, the devices, progress, and the sign to stop.</summary>
internal sealed class CommandContext : IDisposable
{
    private readonly ConsoleStreams _streams;

    /// <summary>The surroundings of one command.</summary>
    public CommandContext(ConsoleStreams streams, GlobalRequest request, DeviceRegistry devices, CancellationToken cancellation)
    {
        _streams = streams;
        Request = request;
        Devices = devices;
        Cancellation = cancellation;
        Style = Style.For(streams.OutputIsTerminal);
        Progress = new ProgressReporter(streams.Error, streams.ErrorIsTerminal, request.Quiet);
    }

    /// <summary>The shared options.</summary>
    public GlobalRequest Request { get; }

    /// <summary>The kinds of device there are.</summary>
    public DeviceRegistry Devices { get; }

    /// <summary>Set by Ctrl-C.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Where results go: tables, or one JSON document.</summary>
    public TextWriter Output => _streams.Output;

    /// <summary>Emphasis of <see cref="Output"/>.</summary>
    public Style Style { get; }

    /// <summary>Progress and remarks, on stderr.</summary>
    public ProgressReporter Progress { get; }

    /// <summary>Opens the device asked for; says on stderr what <c>auto</c> chose, and when fast precision is not to be had.</summary>
    public Device OpenDevice() => OpenDevice(Request.Precision);

    /// <summary>The same in another precision than the one asked for.</summary>
    public Device OpenDevice(Precision precision)
    {
        var device = Devices.Open(Request.Device, Request.DeviceOptions with { Precision = precision });
        if (DeviceSpec.Parse(Request.Device).Kind == "auto")
            _streams.Error.WriteLine($"device: {device.Name} ({device.Description})");
        if (device.WhyNotFast is { } reason) _streams.Error.WriteLine($"precision: exact on {device.Name}, not fast: {reason}");
        return device;
    }

    /// <summary>The name of the device asked for, for parts that open it themselves; what <see cref="OpenDevice()"/> has to say is said.</summary>
    public string ResolveDevice()
    {
        if (DeviceSpec.Parse(Request.Device).Kind != "auto" && Request.Precision == Precision.Exact) return Request.Device;
        using var device = OpenDevice();
        return device.Name;
    }

    /// <summary>Writes the result: the JSON document or the tables, whichever was asked for.</summary>
    public void Write(Action<Utf8JsonWriter> json, Action<TextWriter> tables)
    {
        Progress.Dispose();
        if (Request.Json) JsonDocumentWriter.Write(Output, json);
        else tables(Output);
    }

    /// <inheritdoc/>
    public void Dispose() => Progress.Dispose();
}
