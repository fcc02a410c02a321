using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>The kernels of this program on one device: the PTX files that fit it, and launches by name.</summary>
internal sealed unsafe class CudaKernels : IDisposable
{
    private readonly CudaStream _stream;
    private readonly List<CudaModule> _modules = [];
    private readonly Dictionary<string, CudaModule> _homes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CudaFunction> _functions = new(StringComparer.Ordinal);
    private nint[] _addresses = new nint[64];

    /// <summary>Loads the kernels every device needs.</summary>
    public CudaKernels(CudaContext context, CudaStream stream)
    {
        _stream = stream;
        Load(context, "babel.sm_70.ptx");
    }

    /// <summary>Loads the kernels for tensor cores.</summary>
    public void LoadTensorCores(CudaContext context) => Load(context, "tensor.sm_80.ptx");

    /// <summary>Puts a kernel into the stream.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks and threads.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="arguments">Its arguments.</param>
    public void Launch(string kernel, GpuGrid grid, int sharedBytes, GpuArguments arguments)
    {
        if (!_functions.TryGetValue(kernel, out var function))
        {
            if (!_homes.TryGetValue(kernel, out var home))
                throw new KernelException("no PTX file that fits the device has this kernel", kernel, found: string.Join(", ", _modules.Select(m => m.Name)));
            function = home.Function(kernel);
            _functions.Add(kernel, function);
        }

        if (_addresses.Length < arguments.Count) _addresses = new nint[arguments.Slots.Length * 2];
        fixed (long* slots = arguments.Slots)
        fixed (nint* addresses = _addresses)
        {
            for (int i = 0; i < arguments.Count; i++) addresses[i] = (nint)(slots + i);
            function.Launch((Blocks(grid.X), Blocks(grid.Y), Blocks(grid.Z)), (uint)grid.Local, sharedBytes, _stream, (void**)addresses);
        }

        uint Blocks(long count) => count is > 0 and <= int.MaxValue
            ? (uint)count
            : throw new KernelException("an operand is too large for one launch", kernel, $"at most {int.MaxValue} blocks", grid.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in _modules) module.Dispose();
    }

    private void Load(CudaContext context, string file)
    {
        var ptx = CudaPtx.Read(file);
        var module = new CudaModule(context, file, ptx);
        _modules.Add(module);
        foreach (string name in CudaPtx.Kernels(ptx)) _homes.TryAdd(name, module);
    }
}
