using System.Runtime.InteropServices;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Gpu;
using Babel.Kernels.Tests.Operators;
using Xunit;

namespace Babel.Kernels.Tests.Gpu;

/// <summary>What every device with memory of its own keeps to: what it holds, what it gives back, and what it does behind the host.</summary>
public class GpuDeviceTests
{
    public static TheoryData<string> All => [.. TestDevices.Names];

    public static TheoryData<string> Gpus => [.. TestDevices.Names.Where(n => n.StartsWith("opencl:", StringComparison.Ordinal) || n.StartsWith("cuda:", StringComparison.Ordinal))];

    public static TheoryData<string> Float => TestDevices.Float;

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void Dispose_Twice_IsOnce(string name)
    {
        var device = TestDevices.Open(name);
        device.Allocate(new Shape(3)).Dispose();
        device.Dispose();
        device.Dispose();
    }

    [SkippableTheory]
    [MemberData(nameof(Gpus))]
    public void Use_AfterDispose_IsRefused(string name)
    {
        var device = TestDevices.Open(name);
        using (var x = device.FromFloats([1, 2, 3], new Shape(3)))
        {
            device.Dispose();
            Assert.Throws<ObjectDisposedException>(() => device.Allocate(new Shape(3)));
            Assert.Throws<ObjectDisposedException>(() => device.Write([4, 5, 6], x));
            Assert.Throws<ObjectDisposedException>(() => device.ToFloats(x));
            Assert.Throws<ObjectDisposedException>(() => device.Ops.Add(x, x, x));
            Assert.Throws<ObjectDisposedException>(device.Synchronize);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Gpus))]
    public void Release_OfALayout_GivesItsMemoryBack(string name)
    {
        using var device = (GpuDevice)TestDevices.Open(name);
        using var x = device.FromFloats(new float[64], new Shape(4, 16));
        long before = device.BytesInUse;
        var layout = SequenceLayout.Packed([3, 1]);
        var spec = new AttentionSpec { Heads = 2, KvHeads = 2, HeadDim = 8, Scale = 1 };
        using (var y = device.Allocate(new Shape(4, 16)))
        {
            device.Ops.Attention(x, x, x, y, spec, layout);
            device.Release(layout);
        }

        Assert.Equal(before, device.BytesInUse);
        device.Release(layout);
    }

    [SkippableTheory]
    [MemberData(nameof(Gpus))]
    public void ReleaseScratch_AfterAnyOperator_GivesEverythingBack(string name)
    {
        using var device = (GpuDevice)TestDevices.Open(name);
        var layout = SequenceLayout.Packed([3, 1]);
        foreach (var one in (OperatorCase[])
            [
                ScoreCases.QkScores(new AttentionShape(2, 1, 8, "rope alibi"), QkScoreForm.Exact, [3, 1]),
                AttentionCases.Attention(new AttentionShape(2, 1, 8, "alibi"), "kept", layout.Spans.ToArray()),
                ProductCases.Linear([3, 1], 5, 8, DType.BF16, "everything", Activation.Identity),
                ProductCases.LogProb(3, 70, 8, DType.F32, "plain"),
            ])
        {
            using var bench = new CaseBench(device, 1, withBounds: false);
            one.Body(bench);
        }

        Assert.True(device.BytesInUse > 0);
        // The cases' own layouts are the collector's.
        device.ReleaseScratch();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, device.BytesInUse);
    }

    [SkippableTheory]
    [MemberData(nameof(Gpus))]
    public void Memory_OfOneSize_IsUsedAgain(string name)
    {
        using var device = (GpuDevice)TestDevices.Open(name);
        nint first;
        using (var x = device.Allocate(new Shape(1000))) first = x.Memory.DangerousGetHandle();
        Assert.Equal(0, device.BytesInUse);
        Assert.InRange(device.MostBytes!.Value, GpuPool.SizeOf(4000), long.MaxValue);
        using var again = device.Allocate(new Shape(1000));
        Assert.Equal(first, again.Memory.DangerousGetHandle());
    }

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void BeginDownload_SourcesOverwrittenAndDisposed_BringsWhatTheyHeld(string name)
    {
        using var device = TestDevices.Open(name);
        var x = device.FromFloats([1, 2, 3, 4, 5, 6], new Shape(2, 3));
        using var counts = device.FromInts([7, 8], new Shape(2));
        using var download = device.BeginDownload([x.View.Rows(1, 1), counts, x.View.Rows(0, 0), x]);
        device.Write([9, 9, 9, 9, 9, 9], x);
        x.Dispose();
        using var other = device.FromFloats([8, 8, 8, 8, 8, 8], new Shape(2, 3));
        Assert.Equal([4d, 5, 6], Numbers(device, download.Bytes(0)));
        Assert.Equal([7, 8], MemoryMarshal.Cast<byte, int>(download.Bytes(1)).ToArray());
        Assert.Equal(0, download.Bytes(2).Length);
        Assert.Equal([1d, 2, 3, 4, 5, 6], Numbers(device, download.Bytes(3)));
        Assert.True(download.IsDone);
    }

    [SkippableTheory]
    [MemberData(nameof(Float))]
    public void GatedLinear_GateAndUpStoredDifferently_KeepsTheBound(string name)
    {
        const int Rows = 5, Outer = 37, Inner = 24;
        using var device = TestDevices.Open(name);
        using var reference = DeviceRegistry.Default.Open("ref");
        Assert.Equal(Gated(reference), Gated(device), (a, b) => Math.Abs(a - b) <= (device.Precision == Precision.Fast ? 0.05 : 1e-5));

        double[] Gated(Device on)
        {
            using var bench = new CaseBench(on, 7, withBounds: false);
            float[] x = bench.Normal(Rows * Inner), g = Storage.Round(bench.Normal(Outer * Inner, 0.2), DType.BF16), u = bench.Normal(Outer * Inner, 0.2);
            var output = bench.Output("output", new Shape(Rows, Outer));
            var epilogue = new GatedEpilogue
            {
                GateBias = bench.Input(bench.Normal(Outer), new Shape(Outer)),
                GatePre = new NeuronTap(bench.Output("gate", new Shape(Rows, Outer))),
                UpPre = new NeuronTap(bench.Output("up", new Shape(Rows, Outer))),
                Activation = new(ActivationKind.Silu),
            };
            bench.Call(ops => ops.GatedLinear(
                bench.Input(x, new Shape(Rows, Inner)), bench.Weight(g, Outer, Inner, DType.BF16), bench.Weight(u, Outer, Inner, DType.F32), output, epilogue));
            return [.. bench.Outputs.SelectMany(o => o.Values)];
        }
    }

    private static double[] Numbers(Device device, ReadOnlySpan<byte> bytes)
    {
        if (device.ComputeType == DType.F64) return MemoryMarshal.Cast<byte, double>(bytes).ToArray();
        return Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), f => (double)f);
    }
}
