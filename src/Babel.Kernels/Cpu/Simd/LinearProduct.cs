using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary><see cref="IOps.Linear"/>: a work item multiplies some panels, and takes each group of rows through the epilogue while it is in cache.</summary>
internal readonly unsafe struct LinearProduct<TV>(
    ScratchBuffers scratch, PackedProduct product, ProductPlan plan, PanelWeight weight, EpilogueArguments epilogue, nint batchRow) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const nint MostPanels = 4;

    /// <summary>Runs the operator.</summary>
    public static void Run(CpuDevice device, WorkerPool pool, TensorView x, CpuWeight weight, TensorView output, Epilogue? epilogue)
    {
        fixed (SequenceSpan* pre = TapArguments.Spans(epilogue?.Pre), post = TapArguments.Spans(epilogue?.Post))
        {
            var arguments = new EpilogueArguments
            {
                Columns = (nint)weight.Rows,
                Output = Operand.Floats(output),
                Bias = Operand.Floats(epilogue?.Bias),
                Activation = epilogue?.Activation ?? default,
                Gate = Operand.Floats(epilogue?.Gate),
                Scale = Operand.Floats(epilogue?.Scale),
                Residual = Operand.Floats(epilogue?.Residual),
                Pre = new TapArguments(epilogue?.Pre, pre),
                Post = new TapArguments(epilogue?.Post, post),
            };
            var panels = PanelWriter.View(weight);
            var batches = new RowBatches(device, pool, x, panels.Layout.Panels);
            while (batches.Next(out var product, out nint firstRow))
            {
                var plan = new ProductPlan(panels, MostPanels, product.Tiling, pool.Threads, arguments.HasStats);
                pool.Run(plan.Items, new LinearProduct<TV>(device.Scratch, product, plan, panels, arguments, firstRow));
            }
        }
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        var (firstPanel, endPanel, firstGroup, endGroup) = plan[item];
        bool plain = epilogue.IsPlain;
        nint blockFloats = plan.ItemPanels * product.Tiling.LargestGroup * PanelLayout.Width;
        var expansion = (float*)scratch.Rent((blockFloats + PackedProduct.ExpansionFloats) * sizeof(float), out int ticket);
        var block = expansion + PackedProduct.ExpansionFloats;
        var output = plain && weight.Layout.Columns > 0 ? epilogue.Output + (batchRow * epilogue.Columns) : null;
        for (nint group = firstGroup; group < endGroup; group++)
        {
            product.Multiply<TV>(weight, firstPanel, endPanel, group, block, expansion, output, epilogue.Columns);
            nint row = product.Tiling.TileStart(product.Tiling.GroupStart(group));
            nint rows = product.Tiling.TileStart(product.Tiling.GroupStart(group + 1)) - row;
            nint stored = output == null ? firstPanel : Math.Max(firstPanel, Math.Min(endPanel, epilogue.Columns / PanelLayout.Width));
            if (output != null) epilogue.TakeStored<TV>(batchRow + row, rows, firstPanel, stored);
            epilogue.Apply<TV>(block + ((stored - firstPanel) * rows * PanelLayout.Width), batchRow + row, rows, stored, endPanel);
        }

        scratch.Return(ticket);
    }
}
