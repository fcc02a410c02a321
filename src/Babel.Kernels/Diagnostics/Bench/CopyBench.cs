namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Times copies between the host and a device: as the program makes them, and at best, where the device knows a better way.</summary>
public static class CopyBench
{
    /// <summary>Measures every way.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Of a copy, about.</param>
    /// <param name="seconds">For each way, about.</param>
    /// <exception cref="Errors.DeviceMemoryException">The device has no room for so many bytes.</exception>
    public static IReadOnlyList<CopyMeasurement> Measure(Device device, long bytes = 256L << 20, double seconds = 0.2)
    {
        var results = new List<CopyMeasurement>();
        using (var tensor = device.Allocate(DType.U8, new Shape(bytes)))
        {
            byte[] host = new byte[bytes];

            // Memory nobody has written to is one page of zeros, which caches hold.
            Array.Fill(host, (byte)1);
            CopyMeasurement Way(string name, Action copy)
            {
                var race = new Race();
                race.Run(seconds, () =>
                {
                    copy();
                    device.Synchronize();
                });
                return new CopyMeasurement(name, bytes, race.Time(0));
            }

            results.Add(Way("host to device, as weights are loaded", () => device.Upload(host, tensor)));
            results.Add(Way("device to host, as results are read", () => device.Download(tensor, host)));
        }

        if (device is IDeviceCopies own) results.AddRange(own.MeasureCopies(bytes, seconds));
        return results;
    }
}
