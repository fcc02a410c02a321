namespace Babel.Kernels.Cpu.Simd.Code;

/// <summary>64-bit general registers by their number in an instruction; those that neither the System V nor the Windows convention asks to keep, and the two that carry a first argument.</summary>
internal enum Gp
{
    /// <summary>Scratch.</summary>
    Rax = 0,

    /// <summary>The first argument on Windows; scratch.</summary>
    Rcx = 1,

    /// <summary>Scratch.</summary>
    Rdx = 2,

    /// <summary>The stack pointer.</summary>
    Rsp = 4,

    /// <summary>The first argument of System V; Windows keeps it.</summary>
    Rdi = 7,

    /// <summary>Scratch.</summary>
    R8 = 8,

    /// <summary>Scratch.</summary>
    R9 = 9,

    /// <summary>Scratch.</summary>
    R10 = 10,

    /// <summary>Scratch.</summary>
    R11 = 11,
}
