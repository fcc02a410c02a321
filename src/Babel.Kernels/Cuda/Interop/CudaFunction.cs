namespace Babel.Kernels.Cuda.Interop;

/// <summary>A kernel of a module. Valid while the module lives.</summary>
internal sealed unsafe class CudaFunction
{
    // CUfunction_attribute.
    private const int MaxThreadsPerBlock = 0;
    private const int LocalSizeBytes = 3;
    private const int NumRegs = 4;
    private const int MaxDynamicSharedSizeBytes = 8;

    /// <summary>Shared memory a block has without asking, in bytes.</summary>
    private const int OrdinaryShared = 48 << 10;
    private readonly CudaContext _context;
    private readonly nint _handle;
    private int _allowedShared = OrdinaryShared;

    /// <summary>Names a kernel of a loaded module.</summary>
    internal CudaFunction(CudaContext context, string name, nint handle)
    {
        _context = context;
        _handle = handle;
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Registers a thread takes.</summary>
    public int Registers => Attribute(NumRegs);

    /// <summary>Local memory a thread takes, in bytes: 0 unless registers were spilled.</summary>
    public int LocalBytes => Attribute(LocalSizeBytes);

    /// <summary>The largest block it can run with on this device.</summary>
    public int LargestBlock => Attribute(MaxThreadsPerBlock);

    /// <summary>Puts a launch into the stream and returns.</summary>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads of a block, along x.</param>
    /// <param name="shared">Dynamic shared memory of a block, in bytes.</param>
    /// <param name="stream">The queue.</param>
    /// <param name="arguments">The addresses of the arguments, in order.</param>
    public void Launch((uint X, uint Y, uint Z) grid, uint threads, int shared, CudaStream stream, void** arguments)
    {
        _context.MakeCurrent();
        if (shared > _allowedShared)
        {
            _context.Check(
                _context.Api.FunctionSetAttribute(_handle, MaxDynamicSharedSizeBytes, shared),
                "cuFuncSetAttribute",
                $"{shared} bytes of shared memory for the kernel '{Name}'");
            _allowedShared = shared;
        }

        var status = _context.Api.LaunchKernel(
            _handle, grid.X, grid.Y, grid.Z, threads, 1, 1, (uint)shared, stream.Handle, arguments, null);
        _context.Check(
            status, "cuLaunchKernel", $"the kernel '{Name}' on {grid.X} x {grid.Y} x {grid.Z} blocks of {threads} threads, {shared} bytes of shared memory");
    }

    private int Attribute(int which)
    {
        _context.MakeCurrent();
        int value = 0;
        _context.Check(_context.Api.FunctionGetAttribute(&value, which, _handle), "cuFuncGetAttribute", $"a fact about the kernel '{Name}'");
        return value;
    }
}
