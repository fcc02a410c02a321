using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>The kernels of this program on one device: the PTX files that fit it, and launches by name.</summary>
internal sealed unsafe class CudaKernels : IDisposable
{
    private readonly CudaStream _stream;
    private readonly List<CudaModule> _modules = [];
    private readonly Dictionary<string, CudaFunction> _functions = new(StringComparer.Ordinal);
    private nint[] _addresses = new nint[64];

    /// <summary>Loads the kernels every device needs.</summary>
    public CudaKernels(CudaContext context, CudaStream stream)
    {
        _stream = stream;
        _modules.Add(new CudaModule(context, "babel.sm_70.ptx", CudaPtx.Read("babel.sm_70.ptx")));
    }

    /// <summary>Puts a kernel into the stream.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks and threads.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="arguments">Its arguments.</param>
    public void Launch(string kernel, GpuGrid grid, int sharedBytes, GpuArguments arguments)
    {
        if (!_functions.TryGetValue(kernel, out var function))
        {
            function = _modules[0].Function(kernel);
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
}
