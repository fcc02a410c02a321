using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Times what the bus and the device's memory do at best: single copies from and to page-locked memory, and within the device.</summary>
internal static unsafe class CudaCopies
{
    private const long LargestPage = 1 << 30;

    /// <summary>Measures three ways.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Of a copy.</param>
    /// <param name="seconds">For each, about.</param>
    public static IEnumerable<CopyMeasurement> Measure(CudaDevice device, long bytes, double seconds)
    {
        int size = (int)Math.Min(bytes, LargestPage);
        using Tensor there = device.Allocate(DType.U8, new Shape(size)), beside = device.Allocate(DType.U8, new Shape(size));
        using var page = new PinnedMemory(device.Context, size);
        var (context, stream, address) = (device.Context, device.Stream, ((GpuMemory)there.View.Memory).Address);
        return
        [
            Way("host to device, page-locked", () => context.Check(context.Api.CopyToDevice(address, page.Address, (nuint)size, stream.Handle), "cuMemcpyHtoDAsync", $"{size} bytes")),
            Way("device to host, page-locked", () => context.Check(context.Api.CopyToHost(page.Address, address, (nuint)size, stream.Handle), "cuMemcpyDtoHAsync", $"{size} bytes")),
            Way("within the device (read and written bytes are twice as many)", () => device.Copy(there, beside)),
        ];

        CopyMeasurement Way(string name, Action copy)
        {
            var race = new Race();
            race.Run(seconds, () =>
            {
                context.MakeCurrent();
                copy();
                device.Synchronize();
            });
            return new CopyMeasurement(name, size, race.Time(0));
        }
    }
}
