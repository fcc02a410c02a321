using System.Reflection;
using System.Text;

namespace Babel.Kernels.Gpu;

/// <summary>The kernels' sources, which the assembly carries.</summary>
internal static class KernelSource
{
    /// <summary>What every program begins with.</summary>
    public static readonly string[] Prelude = ["Gpu/prelude.h", "Gpu/lanes.h", "Gpu/math.h", "Gpu/weights.h"];

    /// <summary>The operators that OpenCL and CUDA share.</summary>
    public static readonly string[] Shared =
        ["Gpu/rows.cl", "Gpu/draw.cl", "Gpu/norm.cl", "Gpu/statistics.cl", "Gpu/log_prob.cl", "Gpu/scores.h", "Gpu/qk.cl"];

    /// <summary>The files one after the other, by the names under which they are embedded: folder of the device, then file.</summary>
    public static string Read(IEnumerable<string> names)
    {
        var text = new StringBuilder();
        foreach (string name in names)
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Kernels/" + name)
                ?? throw new FileNotFoundException($"the kernel source {name} is not in this assembly");
            using var reader = new StreamReader(stream, Encoding.UTF8);
            text.Append("#line 1 \"").Append(name).Append("\"\n").Append(reader.ReadToEnd());
        }

        return text.ToString();
    }
}
