using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// <see cref="IOps.GatedLinear"/>: a work item multiplies the gate and the up panels of the same columns, so that the two products meet in cache and neither is
/// ever stored unless a tap asks for it.
/// </summary>
internal readonly unsafe struct GatedProduct<TV>(
    ScratchBuffers scratch, PackedProduct product, ProductPlan plan, PanelWeight gate, PanelWeight up, GatedArguments epilogue, nint batchRow) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const nint MostPanels = 2;

    /// <summary>Runs the operator.</summary>
    public static void Run(
        CpuDevice device, WorkerPool pool, TensorView x, CpuWeight gate, CpuWeight up, TensorView output, GatedEpilogue epilogue)
    {
        fixed (SequenceSpan* gatePre = TapArguments.Spans(epilogue.GatePre), upPre = TapArguments.Spans(epilogue.UpPre),
            post = TapArguments.Spans(epilogue.Post))
        {
            var arguments = new GatedArguments
            {
                GateBias = Operand.Floats(epilogue.GateBias),
                UpBias = Operand.Floats(epilogue.UpBias),
                GatePre = new TapArguments(epilogue.GatePre, gatePre),
                UpPre = new TapArguments(epilogue.UpPre, upPre),
                Rest = new EpilogueArguments
                {
                    Columns = (nint)gate.Rows,
                    Output = Operand.Floats(output),
                    Activation = epilogue.Activation,
                    Scale = Operand.Floats(epilogue.Scale),
                    Post = new TapArguments(epilogue.Post, post),
                },
            };
            var gatePanels = PanelWriter.View(gate);
            var upPanels = PanelWriter.View(up);
            var batches = new RowBatches(device, pool, x, gatePanels.Layout.Panels);
            while (batches.Next(out var product, out nint firstRow))
            {
                var plan = new ProductPlan(gatePanels, MostPanels, product.Tiling, pool.Threads, arguments.HasStats);
                pool.Run(plan.Items, new GatedProduct<TV>(device.Scratch, product, plan, gatePanels, upPanels, arguments, firstRow));
            }
        }
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        var (firstPanel, endPanel, firstGroup, endGroup) = plan[item];
        nint blockFloats = plan.ItemPanels * product.Tiling.LargestGroup * PanelLayout.Width;
        var expansion = (float*)scratch.Rent(((2 * blockFloats) + PackedProduct.ExpansionFloats) * sizeof(float), out int ticket);
        var gateBlock = expansion + PackedProduct.ExpansionFloats;
        var upBlock = gateBlock + blockFloats;
        for (nint group = firstGroup; group < endGroup; group++)
        {
            product.Multiply<TV>(gate, firstPanel, endPanel, group, gateBlock, expansion);
            product.Multiply<TV>(up, firstPanel, endPanel, group, upBlock, expansion);
            nint row = product.Tiling.TileStart(product.Tiling.GroupStart(group));
            nint rows = product.Tiling.TileStart(product.Tiling.GroupStart(group + 1)) - row;
            epilogue.Apply<TV>(gateBlock, upBlock, batchRow + row, rows, firstPanel, endPanel);
        }

        scratch.Return(ticket);
    }
}
