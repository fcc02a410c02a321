namespace Babel.Kernels.OpenCl.Interop;

/// <summary>What a handle of the driver stands for, and so how it is released.</summary>
internal enum OpenClObject
{
    /// <summary>cl_context.</summary>
    Context,

    /// <summary>cl_command_queue.</summary>
    Queue,

    /// <summary>cl_mem.</summary>
    Buffer,

    /// <summary>cl_program.</summary>
    Program,

    /// <summary>cl_kernel.</summary>
    Kernel,

    /// <summary>cl_event.</summary>
    Event,
}
