using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Babel.Kernels.OpenCl.Interop;

namespace Babel.Kernels.OpenCl;

/// <summary>What a device says about itself (clGetDeviceInfo).</summary>
internal sealed record OpenClDeviceFacts
{
    private const ulong TypeCpu = 1 << 1;
    private const ulong TypeGpu = 1 << 2;
    private const ulong CorrectlyRoundedDivide = 1 << 7;

    /// <summary>cl_device_id.</summary>
    public required nint Id { get; init; }

    /// <summary>CL_PLATFORM_NAME.</summary>
    public required string Platform { get; init; }

    /// <summary>CL_DEVICE_NAME.</summary>
    public required string Name { get; init; }

    /// <summary>CL_DRIVER_VERSION.</summary>
    public required string Driver { get; init; }

    /// <summary>CL_DEVICE_VERSION.</summary>
    public required string Version { get; init; }

    /// <summary>CL_DEVICE_TYPE.</summary>
    public required ulong Type { get; init; }

    /// <summary>CL_DEVICE_MAX_COMPUTE_UNITS.</summary>
    public required ulong Units { get; init; }

    /// <summary>CL_DEVICE_GLOBAL_MEM_SIZE.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>CL_DEVICE_MAX_MEM_ALLOC_SIZE.</summary>
    public required ulong LargestBuffer { get; init; }

    /// <summary>CL_DEVICE_LOCAL_MEM_SIZE.</summary>
    public required ulong LocalBytes { get; init; }

    /// <summary>CL_DEVICE_MAX_WORK_GROUP_SIZE.</summary>
    public required ulong LargestGroup { get; init; }

    /// <summary>CL_DEVICE_SINGLE_FP_CONFIG.</summary>
    public required ulong FloatConfig { get; init; }

    /// <summary>Why the device cannot be used, or null.</summary>
    public string? Unavailable { get; init; }

    /// <summary>Whether it is the processor.</summary>
    public bool IsCpu => (Type & TypeCpu) != 0;

    /// <summary>Whether it is a graphics processor.</summary>
    public bool IsGpu => (Type & TypeGpu) != 0;

    /// <summary>Whether quotients and roots can be had correctly rounded.</summary>
    public bool DividesCorrectly => (FloatConfig & CorrectlyRoundedDivide) != 0;

    /// <summary>In one line.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsCpu ? "CPU" : IsGpu ? "GPU" : "accelerator")}, {Name}, {MemoryBytes / (1024.0 * 1024 * 1024):F1} GiB, {Units} units, {Version.Trim()}, driver {Driver}, {Platform}");

    /// <summary>Asks a device of a platform.</summary>
    public static OpenClDeviceFacts Ask(IOpenCl api, nint platform, nint device)
    {
        bool usable = Number(api, device, 0x1027) != 0, compiles = Number(api, device, 0x1028) != 0, little = Number(api, device, 0x1026) != 0;
        string version = Text((Span<byte> span, out nuint size) => api.GetDeviceInfo(device, 0x102F, span, out size));
        return new OpenClDeviceFacts
        {
            Id = device,
            Platform = Text((Span<byte> span, out nuint size) => api.GetPlatformInfo(platform, 0x0902, span, out size)),
            Name = Text((Span<byte> span, out nuint size) => api.GetDeviceInfo(device, 0x102B, span, out size)),
            Driver = Text((Span<byte> span, out nuint size) => api.GetDeviceInfo(device, 0x102D, span, out size)),
            Version = version,
            Type = Number(api, device, 0x1000),
            Units = Number(api, device, 0x1002),
            LargestGroup = Number(api, device, 0x1004),
            LargestBuffer = Number(api, device, 0x1010),
            FloatConfig = Number(api, device, 0x101B),
            MemoryBytes = Number(api, device, 0x101F),
            LocalBytes = Number(api, device, 0x1023),
            Unavailable = !usable ? "the driver says the device is not available"
                : !compiles ? "the driver has no compiler"
                : !little ? "the device is big-endian"
                : !IsRecent(version) ? $"OpenCL 1.2 or later is needed, and the device has {version}"
                : null,
        };
    }

    /// <summary>Whether "OpenCL MAJOR.MINOR ..." is 1.2 or later.</summary>
    internal static bool IsRecent(string version) =>
        version.Split(' ') is ["OpenCL", var number, ..] && System.Version.TryParse(number, out var parsed) && parsed >= new Version(1, 2);

    private delegate int Query(Span<byte> value, out nuint size);

    private static string Text(Query query)
    {
        if (query([], out nuint size) != 0 || size is 0 or > 65536) return "";
        var bytes = new byte[(int)size];
        return query(bytes, out _) == 0 ? Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim() : "";
    }

    // Numbers come as 4 or 8 bytes, little-endian.
    private static ulong Number(IOpenCl api, nint device, uint name)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        return api.GetDeviceInfo(device, name, bytes, out _) == 0 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
    }
}
