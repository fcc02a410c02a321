using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The value scores of 16 neighbouring value neurons of a sequence: the G x G products of the heads' columns, summed over the tokens in blocks of
/// 64, then weighed with the products of the write vectors in float64.
/// </summary>
internal readonly unsafe struct ValueScoresJob<TV>(
    CpuDevice device, TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const int Tokens = 64;

    private readonly int _parts = (spec.HeadDim + TV.Count - 1) / TV.Count;

    /// <summary>How many items there are.</summary>
    public int Items => checked(layout.Count * spec.KvHeads * _parts);

    /// <inheritdoc/>
    public void Run(int item)
    {
        var (s, rest) = Math.DivRem(item, spec.KvHeads * _parts);
        var (kvHead, part) = Math.DivRem(rest, _parts);
        int first = part * TV.Count, width = Math.Min(TV.Count, spec.HeadDim - first);
        long pairs = (long)spec.Group * (spec.Group + 1) / 2;
        float* products = (float*)device.Scratch.Rent(pairs * TV.Count * sizeof(float), out int ticket);
        try
        {
            var span = layout.Spans[s];
            nint stride = (nint)spec.Heads * spec.HeadDim;
            float* columns = Operand.Floats(z) + (span.QueryStart * stride) + ((nint)kvHead * spec.Group * spec.HeadDim) + first;
            Products(columns, stride, span.QueryLength, products);
            nint neuron = ((nint)kvHead * spec.HeadDim) + first;
            float* scores = Operand.Floats(output) + ((nint)s * spec.KvHeads * spec.HeadDim) + neuron;
            for (int j = 0; j < width; j++) scores[j] = Weigh(products + j, Operand.Floats(gram) + ((neuron + j) * spec.Group * spec.Group));
        }
        finally
        {
            device.Scratch.Return(ticket);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Products(float* columns, nint stride, int tokens, float* products)
    {
        int group = spec.Group;
        nint headDim = spec.HeadDim;
        for (int start = 0; start < tokens; start += Tokens)
        {
            int end = Math.Min(tokens, start + Tokens);
            float* to = products;
            for (int g = 0; g < group; g++)
            {
                for (int other = 0; other <= g; other++, to += TV.Count)
                {
                    var sum = TV.Create(0f);
                    for (int t = start; t < end; t++)
                    {
                        float* row = columns + (t * stride);
                        sum = TV.Fma(TV.Load(row + (g * headDim)), TV.Load(row + (other * headDim)), sum);
                    }

                    TV.Store(start == 0 ? sum : TV.Load(to) + sum, to);
                }
            }
        }
    }

    private float Weigh(float* products, float* gram)
    {
        double sum = 0;
        for (int g = 0; g < spec.Group; g++)
        {
            for (int other = 0; other <= g; other++, products += TV.Count)
            {
                double weight = gram[(g * spec.Group) + other];
                if (other < g) weight += gram[(other * spec.Group) + g];
                sum += *products * weight;
            }
        }

        return (float)Math.Max(sum, 0);
    }
}
