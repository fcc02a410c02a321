using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>The kernels of this program on one device: the PTX files that fit it, and launches by name.</summary>
internal sealed unsafe class CudaKernels : IDisposable
{
    /// <summary>Blocks a grid may have along its second and third axis; along the first it may have <see cref="int.MaxValue"/>.</summary>
    private const int MostBlocksAside = 65535;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly List<CudaModule> _modules = [];
    private readonly Dictionary<string, CudaModule> _homes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CudaFunction> _functions = new(StringComparer.Ordinal);
    private nint[] _addresses = new nint[64];

    /// <summary>Loads the kernels every device needs.</summary>
    public CudaKernels(CudaContext context, CudaStream stream)
    {
        _context = context;
        _stream = stream;
        Load("babel.sm_70.ptx");
    }

    /// <summary>Loads a PTX file, once.</summary>
    public void Load(string file)
    {
        if (_modules.Exists(m => m.Name == file)) return;
        var ptx = CudaPtx.Read(file);
        var module = new CudaModule(_context, file, ptx);
        _modules.Add(module);
        foreach (string name in CudaPtx.Kernels(ptx)) _homes.TryAdd(name, module);
    }

    /// <summary>Puts a kernel into the stream.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks and threads.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="leading">Where its first arguments lie, if they do not fit a slot.</param>
    /// <param name="arguments">The other arguments.</param>
    public void Launch(string kernel, GpuGrid grid, int sharedBytes, ReadOnlySpan<nint> leading, GpuArguments arguments)
    {
        if (!_functions.TryGetValue(kernel, out var function))
        {
            if (!_homes.TryGetValue(kernel, out var home))
                throw new KernelException("no PTX file that fits the device has this kernel", kernel, found: string.Join(", ", _modules.Select(m => m.Name)));
            function = home.Function(kernel);
            _functions.Add(kernel, function);
        }

        int count = leading.Length + arguments.Count;
        if (_addresses.Length < count) _addresses = new nint[2 * count];
        leading.CopyTo(_addresses);
        fixed (long* slots = arguments.Slots)
        fixed (nint* addresses = _addresses)
        {
            for (int i = 0; i < arguments.Count; i++) addresses[leading.Length + i] = (nint)(slots + i);
            function.Launch((Blocks(grid.X, int.MaxValue), Blocks(grid.Y, MostBlocksAside), Blocks(grid.Z, MostBlocksAside)), (uint)grid.Local, sharedBytes, _stream, (void**)addresses);
        }

        uint Blocks(long count, int most) => count > 0 && count <= most
            ? (uint)count
            : throw new KernelException("an operand is too large for one launch", kernel, $"at most {most} blocks along this axis", grid.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in _modules) module.Dispose();
    }
}
