namespace Babel.Kernels.Cpu.Simd;

/// <content>What belongs to the neurons of one side.</content>
internal unsafe ref partial struct QkPass<TV>
{
    /// <summary>The matrices, factors and sums of the neurons of one side.</summary>
    private readonly struct Side
    {
        /// <summary>Lays them out.</summary>
        /// <param name="kind">Which neurons.</param>
        /// <param name="memory">Where they lie.</param>
        /// <param name="matrix">Floats of a matrix.</param>
        /// <param name="rows">Floats of one factor for all rows of a tile.</param>
        /// <param name="dims">Floats of a value for each dimension.</param>
        public Side(QkSide kind, float* memory, nint matrix, nint rows, nint dims)
        {
            Kind = kind;
            First = memory;
            Second = First + matrix;
            Third = Second + matrix;
            Factors = Third + matrix;
            Range = Factors + (3 * rows);
            Sums = Range + (7 * dims);
            End = Sums + (2 * dims);
        }

        /// <summary>Which neurons.</summary>
        public QkSide Kind { get; }

        /// <summary>[d/16][T][16], see <see cref="QkDelta{TV}"/>.</summary>
        public float* First { get; }

        /// <summary>[d/16][T][16].</summary>
        public float* Second { get; }

        /// <summary>[d/16][T][16].</summary>
        public float* Third { get; }

        /// <summary>Own, partner, norm: [h][3][d].</summary>
        public float* Factors { get; }

        /// <summary>Over the keys so far least, largest and sum of First, the same of Second, and the largest |Third|: [7][d].</summary>
        public float* Range { get; }

        /// <summary>The sums, and what they lost to rounding: [2][d].</summary>
        public float* Sums { get; }

        /// <summary>Behind it all.</summary>
        public float* End { get; }

        /// <summary>The sum of dimension <paramref name="a"/>.</summary>
        public double Total(int a, int dims) => (double)Sums[a] + Sums[dims + a];
    }
}
