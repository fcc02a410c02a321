using System.CommandLine;
using Babel.Cli.Output;
using Babel.Kernels;

namespace Babel.Cli.Commands;

/// <summary><c>babel devices</c>: what this machine can compute on, and why the rest cannot be used.</summary>
internal sealed class DevicesCommand : CommandBase<bool>
{
    /// <inheritdoc/>
    public override string Name => "devices";

    /// <inheritdoc/>
    public override string Summary => "List the devices of this machine, and why some cannot be used.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("devices", "every device, with a description or the reason it is unavailable"),
        new("devices --json | jq -r '.devices[] | select(.available) | .name'", "names of the usable ones"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
    }

    /// <inheritdoc/>
    protected override bool Bind(ParseResult result) => true;

    /// <inheritdoc/>
    protected override ExitCode Handle(bool request, CommandContext context)
    {
        var devices = context.Devices.List();
        context.Write(
            json =>
            {
                json.WriteStartArray("devices");
                foreach (var device in devices)
                {
                    json.WriteStartObject();
                    json.WriteString("name", device.Name);
                    json.WriteBoolean("available", device.Unavailable is null);
                    json.WriteString("description", device.Description);
                    json.WriteStartArray("precisions");
                    foreach (string precision in Precisions(device)) json.WriteStringValue(precision);
                    json.WriteEndArray();
                    if (device.Unavailable is not null) json.WriteString("reason", device.Unavailable);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            },
            output =>
            {
                var table = new Table(Column.Text("device"), Column.Text("precision"), Column.Text("what it is"));
                foreach (var device in devices)
                    table.Add(device.Name, string.Join(", ", Precisions(device)), device.Unavailable is null ? device.Description : "not available: " + device.Unavailable);
                table.WriteTo(output, context.Style);
            });
        return ExitCodes.Ok;
    }

    private static IEnumerable<string> Precisions(DeviceInfo device) =>
        device.Unavailable is not null ? [] : device.HasFast ? [Precision.Exact.Word(), Precision.Fast.Word()] : [Precision.Exact.Word()];
}
