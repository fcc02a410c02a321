namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// One way to multiply bfloat16 matrices: an instruction, and the writer of the tiles that use it. Another instruction is another entry of <see cref="BrainForms.All"/> whose tiles
/// keep the contract of <see cref="BrainKernels"/>; operands lie as AMX would load them, too (rows of pairs, panels of pairs).
/// </summary>
/// <param name="Instruction">Its name.</param>
/// <param name="WhyNot">Why a device with these vectors cannot use it, or null when it can.</param>
/// <param name="Tallest">Rows of the tallest tile.</param>
/// <param name="Write">Writes the functions for 1 to Tallest rows, for Windows or for System V; the span receives where each begins.</param>
internal sealed record BrainForm(string Instruction, Func<CpuInstructionSet, string?> WhyNot, int Tallest, BrainForm.Writer Write)
{
    /// <summary>Writes machine code.</summary>
    internal delegate byte[] Writer(bool windows, Span<int> starts);
}
