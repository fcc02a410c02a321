using System.Text;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>A PTX file, compiled by the driver for its device (and kept in the driver's own disk cache), and the kernels in it.</summary>
internal sealed unsafe class CudaModule : CudaResource
{
    // CUjit_option.
    private const int ErrorLogBuffer = 5;
    private const int ErrorLogBufferSize = 6;
    private const int LogBytes = 8192;

    /// <summary>Loads <paramref name="ptx"/>, the bytes of a PTX file named <paramref name="name"/>.</summary>
    /// <exception cref="DeviceUnavailableException">The driver cannot compile it for this device.</exception>
    public CudaModule(CudaContext context, string name, ReadOnlySpan<byte> ptx)
        : base(context, &Unload)
    {
        Name = name;
        var text = new byte[ptx.Length + 1];
        ptx.CopyTo(text);
        var log = new byte[LogBytes];
        nint module = 0;
        fixed (byte* source = text, messages = log)
        {
            int* options = stackalloc int[] { ErrorLogBuffer, ErrorLogBufferSize };
            void** values = stackalloc void*[] { messages, (void*)LogBytes };
            var status = context.Api.ModuleLoadData(&module, source, 2, options, values);
            context.Check(status, "cuModuleLoadDataEx", $"{name} compiled for compute capability {context.Facts.Major}.{context.Facts.Minor}: {Text(log)}");
        }

        Own(module);
    }

    /// <summary>The name of the PTX file.</summary>
    public string Name { get; }

    /// <summary>The kernel of that name.</summary>
    /// <exception cref="KernelException">The module has none.</exception>
    public CudaFunction Function(string name)
    {
        Context.MakeCurrent();
        nint function = 0;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            Context.Check(Context.Api.ModuleGetFunction(&function, Handle, text), "cuModuleGetFunction", $"the kernel '{name}' of {Name}");
        return new CudaFunction(Context, name, function);
    }

    private static void Unload(CudaApi api, nint module) => api.ModuleUnload(module);

    private static string Text(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        return end <= 0 ? "no message of the compiler" : Encoding.UTF8.GetString(log, 0, end);
    }
}
