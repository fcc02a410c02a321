using System.Text;
using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;
using Babel.Kernels.OpenCl.Interop;

namespace Babel.Kernels.OpenCl;

/// <summary>Programs and kernels of one device, built when first wanted, from the disk where an earlier run has left them there.</summary>
internal sealed class OpenClCompiler(IOpenCl api, OpenClDeviceFacts facts, OpenClHandle context, GpuTuning tuning, ProgramCache cache) : IDisposable
{
    private readonly Dictionary<OpenClProgram, OpenClHandle> _programs = [];
    private readonly Dictionary<(OpenClProgram Program, string Kernel), (OpenClHandle Handle, long LargestGroup)> _kernels = [];

    /// <summary>A kernel of a program, and how many items its groups may have.</summary>
    /// <exception cref="KernelException">The driver's compiler refuses the source; the message has its log.</exception>
    public (nint Kernel, long LargestGroup) Kernel(OpenClProgram program, string name)
    {
        if (_kernels.TryGetValue((program, name), out var kernel)) return (kernel.Handle.Value, kernel.LargestGroup);
        nint created = api.CreateKernel(Program(program).Value, name, out int error);
        OpenClError.Check(error, "clCreateKernel", facts.Name, name);
        var handle = new OpenClHandle(api, OpenClObject.Kernel, created);
        error = api.GetKernelGroupSize(created, facts.Id, out nuint largest);
        if (error != 0)
        {
            handle.Dispose();
            OpenClError.Check(error, "clGetKernelWorkGroupInfo", facts.Name, name);
        }

        _kernels.Add((program, name), (handle, (long)largest));
        return (created, (long)largest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (kernel, _) in _kernels.Values) kernel.Dispose();
        foreach (var program in _programs.Values) program.Dispose();
        _kernels.Clear();
        _programs.Clear();
    }

    private OpenClHandle Program(OpenClProgram program)
    {
        if (_programs.TryGetValue(program, out var built)) return built;
        string source = KernelSource.Read(program.Files), options = program.Options(tuning, facts.DividesCorrectly);
        string key = ProgramCache.Key(source, options, facts.Platform, facts.Name, facts.Version, facts.Driver);
        built = FromCache(key, options) ?? FromSource(source, options, key);
        _programs.Add(program, built);
        return built;
    }

    /// <summary>What an earlier run built; null if there is nothing or the driver does not take it.</summary>
    private OpenClHandle? FromCache(string key, string options)
    {
        if (cache.Read(key) is not { } binary) return null;
        nint created = api.CreateProgramWithBinary(context.Value, facts.Id, binary, out int status, out int error);
        if (error != 0) return null;
        var program = new OpenClHandle(api, OpenClObject.Program, created);
        if (status == 0 && api.BuildProgram(created, facts.Id, options) == 0) return program;
        program.Dispose();
        return null;
    }

    private OpenClHandle FromSource(string source, string options, string key)
    {
        nint created = api.CreateProgramWithSource(context.Value, Encoding.UTF8.GetBytes(source), out int error);
        OpenClError.Check(error, "clCreateProgramWithSource", facts.Name, $"{source.Length} characters of source");
        var program = new OpenClHandle(api, OpenClObject.Program, created);
        try
        {
            Build(program, options);
            Store(program, key);
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    private void Build(OpenClHandle program, string options)
    {
        const int BuildFailure = -11;
        int error = api.BuildProgram(program.Value, facts.Id, options);
        if (error != BuildFailure)
        {
            OpenClError.Check(error, "clBuildProgram", facts.Name, options);
            return;
        }

        string log = "";
        if (api.GetProgramBuildLog(program.Value, facts.Id, [], out nuint size) == 0 && size is > 0 and < 1 << 20)
        {
            var bytes = new byte[(int)size];
            if (api.GetProgramBuildLog(program.Value, facts.Id, bytes, out _) == 0) log = Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim();
        }

        throw new KernelException(
            "the driver's compiler refuses the kernels", $"{facts.Name}, driver {facts.Driver}", options, log, "a newer driver may take them; --device cpu needs none");
    }

    private void Store(OpenClHandle program, string key)
    {
        if (api.GetProgramBinarySize(program.Value, out nuint size) != 0 || size is 0 or > int.MaxValue) return;
        var binary = new byte[(int)size];
        if (api.GetProgramBinary(program.Value, binary) == 0) cache.Write(key, binary);
    }
}
