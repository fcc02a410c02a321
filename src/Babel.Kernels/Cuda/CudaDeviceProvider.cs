using System.Globalization;
using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda;

/// <summary><c>cuda:0</c>, <c>cuda:1</c>, ...: NVIDIA GPUs of compute capability 7.0 or later. The driver is all that has to be there.</summary>
/// <remarks><c>cuda:0:mma</c> and <c>cuda:0:float</c> leave newer units alone: to compare, or where they give trouble.</remarks>
/// <param name="library">The driver's library, or null for the system's.</param>
public sealed class CudaDeviceProvider(string? library = null) : IDeviceProvider
{
    /// <inheritdoc/>
    public string Kind => "cuda";

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> List()
    {
        try
        {
            var api = CudaLibrary.Load(library);
            var devices = new DeviceInfo[CudaDeviceFacts.Count(api)];
            for (int i = 0; i < devices.Length; i++) devices[i] = Describe(api, i);
            return devices.Length > 0 ? devices : [new DeviceInfo("cuda", "NVIDIA GPUs", "the driver sees no NVIDIA GPU")];
        }
        catch (BabelException e)
        {
            return [new DeviceInfo("cuda", "NVIDIA GPUs", e.Found is null ? e.What : $"{e.What} ({e.Found})")];
        }
    }

    /// <summary>A GPU that gives no answer hides none of the others.</summary>
    private static DeviceInfo Describe(CudaApi api, int ordinal)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}");
        try
        {
            var facts = CudaDeviceFacts.Read(api, ordinal);
            return new DeviceInfo(name, facts.Describe(), facts.Unusable, facts.WhyNoTensorCores is null);
        }
        catch (BabelException e)
        {
            return new DeviceInfo(name, "NVIDIA GPU", e.Found is null ? e.What : $"{e.What} ({e.Found})");
        }
    }

    /// <summary>How an engine is called in the name of a device.</summary>
    internal static string WordOf(CudaEngine engine) => engine switch
    {
        CudaEngine.Float => "float",
        CudaEngine.Mma => "mma",
        _ => "wgmma",
    };

    /// <inheritdoc/>
    public Device Open(DeviceSpec spec, DeviceOptions options)
    {
        var api = CudaLibrary.Load(library);
        int count = CudaDeviceFacts.Count(api);
        string[] words = spec.Argument.Split(':', 2);
        string number = words[0].Length == 0 ? "0" : words[0];
        var most = CudaEngine.Wgmma;
        bool known = words.Length == 1 || TryEngine(words[1], out most);
        if (!known || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) || ordinal >= count)
        {
            throw new DeviceUnavailableException(
                "there is no such GPU",
                where: spec.ToString(),
                expected: count == 0 ? "nothing: the driver sees no NVIDIA GPU" : $"cuda:0 to cuda:{count - 1}, perhaps followed by :mma or :float",
                found: spec.Argument,
                hint: "`babel devices` lists what this machine has");
        }

        var facts = CudaDeviceFacts.Read(api, ordinal);
        if (facts.Unusable is { } reason) throw new DeviceUnavailableException(reason, where: spec.ToString());
        return new CudaDevice(api, facts, most, options);
    }

    private static bool TryEngine(string word, out CudaEngine engine)
    {
        engine = CudaEngine.Wgmma;
        foreach (var one in Enum.GetValues<CudaEngine>())
        {
            if (WordOf(one) != word) continue;
            engine = one;
            return true;
        }

        return false;
    }
}
