using Babel.Kernels.Errors;

namespace Babel.Kernels.Gpu;

/// <summary>
/// The operators on a GPU, one file an operator: the host side of the kernels under <c>Gpu/Kernels</c>, which OpenCL and CUDA share. Products
/// and attention are the subclass's.
/// </summary>
internal abstract partial class GpuOps(GpuDevice device) : IOps
{
    /// <summary>The device.</summary>
    protected GpuDevice Device { get; } = device;

    private GpuTuning Tuning => Device.Tuning;

    /// <summary><c>output = epilogue(x W[firstRow .. firstRow + n]^T)</c>, n the columns of <paramref name="output"/>.</summary>
    /// <param name="x">[N, k].</param>
    /// <param name="weight">The whole weight.</param>
    /// <param name="firstRow">The first output wanted, a multiple of 64.</param>
    /// <param name="output">[N, n], perhaps the memory of the gate or the residual.</param>
    /// <param name="epilogue">What happens before the store.</param>
    protected abstract void Product(TensorView x, GpuWeight weight, long firstRow, TensorView output, in GpuEpilogue epilogue);

    /// <summary><c>output = sigma(x Wgate^T) * (x Wup^T)</c> with the steps of <paramref name="epilogue"/>, both weights of one type.</summary>
    protected abstract void GatedProduct(TensorView x, GpuWeight gate, GpuWeight up, TensorView output, in GpuGatedEpilogue epilogue);

    /// <summary>The attention of <see cref="IOps.Attention"/>: <paramref name="scale"/> is the epilogue's, taps are taken elsewhere.</summary>
    protected abstract void Attend(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView? scale,
        TensorView? pattern);

    /// <summary>How the kernels call an ALiBi form: 0 none, 1 added, 2 rounded to BF16 and scaled.</summary>
    internal static int AlibiCode(AttentionSpec spec) => spec.AlibiSlopes is null ? 0 : spec.AlibiRoundedAndScaled ? 2 : 1;

    /// <summary>The arguments of the next launch, empty.</summary>
    protected GpuArguments Arguments() => Device.Arguments.Clear();

    /// <summary>Launches a kernel whose items each work for themselves.</summary>
    private void Flat(string kernel, long items)
    {
        if (items > 0) Device.Launch(kernel, GpuGrid.Flat(items, Tuning.FlatLocal));
    }

    /// <summary>Looks at indices before a kernel follows them, by what the host uploaded.</summary>
    /// <exception cref="KernelException">One is out of range, or the host never filled them.</exception>
    private static void CheckIndices(TensorView indices, long limit, string operand, int least = 0)
    {
        var values = ((GpuMemory)indices.Memory).Integers(indices);
        if (values.Length != indices.Count) throw new KernelException("indices were never uploaded", operand, $"{indices.Count} integers", "none");
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < least || values[i] >= limit)
                throw new KernelException("an index is out of range", operand, $"0..{limit - 1}", $"{values[i]} at position {i}");
        }
    }
}
