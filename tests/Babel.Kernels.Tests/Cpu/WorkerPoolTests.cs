using Babel.Kernels.Cpu.Threading;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_ManyJobs_DoesEveryItemOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int round = 0; round < 300; round++)
        {
            var seen = new int[(round % 40) + 1];
            pool.Run(seen.Length, new Counting(seen));
            Assert.All(seen, times => Assert.Equal(1, times));

            // Long enough for the workers to park now and then.
            if (round % 100 == 99) Thread.Sleep(20);
        }
    }

    [Fact]
    public void Run_ItemThrows_ThrowsItToTheCallerAndGoesOnWorking()
    {
        using var pool = new WorkerPool(3);
        for (int bad = 0; bad < 20; bad++)
        {
            var thrown = Assert.Throws<InvalidOperationException>(() => pool.Run(20, new Failing(bad)));
            Assert.Equal($"item {bad}", thrown.Message);
        }

        var seen = new int[50];
        pool.Run(seen.Length, new Counting(seen));
        Assert.All(seen, times => Assert.Equal(1, times));
    }

    [Fact]
    public void Run_EveryThreadFree_BeginsWithTheItemOfItsNumber()
    {
        using var pool = new WorkerPool(3);
        for (int round = 0; round < 20; round++)
        {
            var names = new string?[3];
            pool.Run(3, new Naming(names));
            Assert.Equal([Thread.CurrentThread.Name ?? "", "babel-cpu-1", "babel-cpu-2"], names.AsEnumerable(), StringComparer.Ordinal);
        }
    }

    [Fact]
    public void Run_InsideARun_DoesTheInnerItems()
    {
        using var pool = new WorkerPool(2);
        var seen = new int[8];
        pool.Run(4, new Nested(pool, seen));
        Assert.All(seen, times => Assert.Equal(4, times));
    }

    [Fact]
    public void Run_InSteadyState_AllocatesNothing()
    {
        using var pool = new WorkerPool(2);
        var seen = new int[64];
        for (int i = 0; i < 50; i++) pool.Run(seen.Length, new Counting(seen));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) pool.Run(seen.Length, new Counting(seen));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private readonly struct Counting(int[] seen) : IJob
    {
        public void Run(int item) => Interlocked.Increment(ref seen[item]);
    }

    /// <summary>An item ends when all have begun, so that no thread does two; threads that do not come end it too.</summary>
    private readonly struct Naming(string?[] names) : IJob
    {
        public void Run(int item)
        {
            Volatile.Write(ref names[item], Thread.CurrentThread.Name ?? "");
            string?[] all = names;
            SpinWait.SpinUntil(() => Array.TrueForAll(all, n => n is not null), TimeSpan.FromSeconds(10));
        }
    }

    private readonly struct Failing(int bad) : IJob
    {
        public void Run(int item)
        {
            if (item == bad) throw new InvalidOperationException($"item {item}");
        }
    }

    private readonly struct Nested(WorkerPool pool, int[] seen) : IJob
    {
        public void Run(int item) => pool.Run(seen.Length, new Counting(seen));
    }
}
