using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// <see cref="IOps.LogProb"/>: the vocabulary is cut into chunks of 1024 outputs, whatever the threads; a work item multiplies one chunk and reduces
/// each row of it to its maximum, the sum of exponentials above it and, where it lies in the chunk, the target's logit. Chunks are then combined in ascending
/// order. Logits and exponentials are float32, sums across lanes and blocks float64.
/// </summary>
internal readonly unsafe struct LogProbProduct<TV>(
    ScratchBuffers scratch, PackedProduct product, PanelWeight weight, float* bias, Activation cap, int* targets, LogProbProduct<TV>.Reduced* partials) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const int ChunkPanels = 32;
    private const int BlockPanels = 8;

    private nint Chunks => (weight.Layout.Panels + ChunkPanels - 1) / ChunkPanels;

    /// <summary>Runs the operator.</summary>
    public static void Run(
        CpuDevice device, WorkerPool pool, TensorView x, CpuWeight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output)
    {
        int rows = checked((int)x.Shape.Rows);
        int* wanted = Operand.Ints(targets);
        float* result = Operand.Floats(output);

        // Rows without a target are not multiplied at all.
        int* map = (int*)device.Scratch.Shared(ScratchBuffers.Rows, 2L * Math.Max(rows, 1) * sizeof(int));
        int* mappedTargets = map + rows;
        int mapped = 0;
        for (int i = 0; i < rows; i++)
        {
            result[i] = 0f;
            if (wanted[i] == -1) continue;
            mappedTargets[mapped] = (int)RowIndex.Checked(wanted[i], unembed.Rows, i, "LogProb: targets");
            map[mapped++] = i;
        }

        var panels = PanelWriter.View(unembed);
        var batches = new RowBatches(device, pool, x, panels.Layout.Panels, map, mapped);
        while (batches.Next(out var product, out nint firstRow))
        {
            nint chunks = (panels.Layout.Panels + ChunkPanels - 1) / ChunkPanels, batchRows = product.Tiling.Rows;
            var partials = (Reduced*)device.Scratch.Shared(ScratchBuffers.Partials, chunks * batchRows * sizeof(Reduced));
            var job = new LogProbProduct<TV>(
                device.Scratch, product, panels, Operand.Floats(bias), cap, mappedTargets + firstRow, partials);
            pool.Run(checked((int)(chunks * product.Tiling.Groups)), job);
            for (nint r = 0; r < batchRows; r++) result[map[firstRow + r]] = job.Combine(r);
        }
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        (nint chunk, nint group) = Math.DivRem((nint)item, product.Tiling.Groups);
        nint firstPanel = chunk * ChunkPanels, endPanel = Math.Min(weight.Layout.Panels, firstPanel + ChunkPanels);
        nint firstRow = product.Tiling.TileStart(product.Tiling.GroupStart(group));
        nint rows = product.Tiling.TileStart(product.Tiling.GroupStart(group + 1)) - firstRow;
        long blockFloats = BlockPanels * rows * PanelLayout.Width;
        var expansion = (float*)scratch.Rent((blockFloats + PackedProduct.ExpansionFloats) * sizeof(float), out int ticket);
        var block = expansion + PackedProduct.ExpansionFloats;
        var results = partials + (chunk * product.Tiling.Rows) + firstRow;
        for (nint r = 0; r < rows; r++) results[r] = new Reduced(float.NegativeInfinity, 0, 0);
        for (nint p = firstPanel; p < endPanel; p += BlockPanels)
        {
            nint end = Math.Min(endPanel, p + BlockPanels);
            product.Multiply<TV>(weight, p, end, group, block, expansion);
            for (nint q = p; q < end; q++) Finish(block + ((q - p) * rows * PanelLayout.Width), q, rows);
            for (nint r = 0; r < rows; r++) Reduce(block + (r * PanelLayout.Width), rows, p, end - p, targets[firstRow + r], ref results[r]);
        }

        scratch.Return(ticket);
    }

    /// <summary>Bias and cap of a panel in place; what lies behind the vocabulary is made to count nothing.</summary>
    private void Finish(float* panel, nint index, nint rows)
    {
        nint column = index * PanelLayout.Width, vocabulary = (nint)weight.Layout.Rows;
        if (bias != null || cap.Kind != ActivationKind.Identity)
        {
            for (int half = 0; half < PanelLayout.Width && column + half < vocabulary; half += TV.Count)
            {
                var strip = new Strip
                {
                    Source = panel + half,
                    SourceStride = PanelLayout.Width,
                    Destination = panel + half,
                    Stride = PanelLayout.Width,
                    Rows = rows,
                    Width = TV.Count,
                    Bias = bias == null ? null : bias + column + half,
                    Activation = cap,
                };
                strip.Run<TV>(default, 0, 0, 0);
            }
        }

        if (vocabulary - column >= PanelLayout.Width) return;
        for (nint r = 0; r < rows; r++)
            for (nint j = vocabulary - column; j < PanelLayout.Width; j++) panel[(r * PanelLayout.Width) + j] = float.NegativeInfinity;
    }

    /// <summary>Adds a row of a block, whose panels lie <paramref name="rows"/> rows apart, to its partial result.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static void Reduce(float* row, nint rows, nint firstPanel, nint panels, int target, ref Reduced partial)
    {
        float* lanes = stackalloc float[TV.Count];
        nint step = rows * PanelLayout.Width;
        var max = TV.Create(float.NegativeInfinity);
        for (nint p = 0; p < panels; p++)
            max = TV.Max(TV.Load(row + (p * step)), TV.Max(TV.Load(row + (p * step) + TV.Count), max));
        TV.Store(max, lanes);
        float highest = partial.Max;
        for (int j = 0; j < TV.Count; j++) highest = lanes[j] > highest ? lanes[j] : highest;

        var shift = TV.Create(highest);
        TV low = TV.Create(0f), high = low;
        for (nint p = 0; p < panels; p++)
        {
            low += VectorMath.Exp(TV.Load(row + (p * step)) - shift);
            high += VectorMath.Exp(TV.Load(row + (p * step) + TV.Count) - shift);
        }

        // Four sums at a time: one would be a chain of sixteen additions, each waiting for the last.
        TV.Store(low + high, lanes);
        double sum = 0, second = 0, third = 0, fourth = 0;
        for (int j = 0; j < TV.Count; j += 4)
        {
            sum += lanes[j];
            second += lanes[j + 1];
            third += lanes[j + 2];
            fourth += lanes[j + 3];
        }

        sum = (sum + second) + (third + fourth);
        nint column = target - (firstPanel * PanelLayout.Width);
        bool inside = column >= 0 && column < panels * PanelLayout.Width;
        float logit = inside ? row[(column / PanelLayout.Width * step) + (column % PanelLayout.Width)] : partial.Target;
        partial = new Reduced(highest, partial.Rescaled(highest) + sum, logit);
    }

    /// <summary>The log-probability of a row's target from its chunks.</summary>
    private float Combine(nint row)
    {
        var total = partials[row];
        int target = targets[row];
        float logit = total.Target;
        for (nint c = 1; c < Chunks; c++)
        {
            var next = partials[(c * product.Tiling.Rows) + row];
            float max = Math.Max(total.Max, next.Max);
            total = new Reduced(max, total.Rescaled(max) + next.Rescaled(max), 0);
            if (target / (ChunkPanels * PanelLayout.Width) == c) logit = next.Target;
        }

        return (float)(logit - total.Max - Math.Log(total.Sum));
    }

    /// <summary>What is known of some logits: their maximum, sum exp(logit - maximum), and the target's.</summary>
    internal readonly record struct Reduced(float Max, double Sum, float Target)
    {
        /// <summary>The sum above another maximum.</summary>
        public double Rescaled(float max) => Max == max ? Sum : Sum * Math.Exp((double)Max - max);
    }
}
