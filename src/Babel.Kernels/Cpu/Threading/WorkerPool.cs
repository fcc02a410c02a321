using System.Runtime.ExceptionServices;
using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu.Threading;

/// <summary>
/// Runs the items of a job on a fixed set of threads; the caller is one of them. Workers spin for some tens of microseconds after a job,
/// because the next operator usually follows at once, and then park. Nothing is allocated per run once a job type has been seen.
/// </summary>
/// <remarks>
/// <para>
/// Every thread begins with the item of its own number, so that what it asked memory for (<see cref="Ahead"/>) is in its own caches; the others go to whoever
/// is free, and so do those of a thread that has not come.
/// </para>
/// <para>
/// A job is open while its items are handed out. The caller closes it when it finds no item left, and then waits only for the workers
/// inside it: one that wakes up late finds the job closed and is not waited for.
/// </para>
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    private const int Spins = 800;
    private const int SpinLength = 5;

    private readonly Thread[] _workers;
    private readonly int[] _begun;
    private readonly Dictionary<Type, Slot> _slots = [];
    private readonly Lock _owner = new();
    private readonly object _parking = new();
    private Slot? _current;
    private int _items;
    private int _next;
    private int _active;
    private int _open;
    private int _generation;
    private int _parked;
    private bool _running;
    private bool _stop;
    private Exception? _failure;

    /// <summary>Starts <paramref name="threads"/> - 1 workers.</summary>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _workers = new Thread[threads - 1];
        _begun = new int[threads];
        for (int i = 0; i < _workers.Length; i++)
        {
            int number = i + 1;
            _workers[i] = new Thread(() => Work(number)) { IsBackground = true, Name = $"babel-cpu-{i + 1}" };
            _workers[i].Start();
        }
    }

    /// <summary>How many threads work, the caller included.</summary>
    public int Threads { get; }

    /// <summary>What threads do while they wait.</summary>
    public ReadAhead Ahead { get; } = new();

    /// <summary>
    /// Runs items 0 .. <paramref name="items"/>-1 and returns when all are done. The first exception of an item is thrown again here;
    /// items not yet begun are then left out. A job started inside a job runs on the thread that started it.
    /// </summary>
    public void Run<TJob>(int items, in TJob job)
        where TJob : struct, IJob
    {
        if (items <= 0) return;
        if (_workers.Length == 0 || items == 1 || !TryEnter())
        {
            for (int i = 0; i < items; i++) job.Run(i);
            return;
        }

        try
        {
            var slot = SlotOf<TJob>();
            slot.Job = job;
            RunOpen(slot, items);
            slot.Job = default;
        }
        finally
        {
            Volatile.Write(ref _running, false);
        }

        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _stop, true);
        Announce();
        foreach (var worker in _workers) worker.Join();
    }

    private bool TryEnter()
    {
        lock (_owner)
        {
            if (_running) return false;
            return _running = true;
        }
    }

    private Slot<TJob> SlotOf<TJob>()
        where TJob : struct, IJob
    {
        if (_slots.TryGetValue(typeof(TJob), out var known)) return (Slot<TJob>)known;
        var slot = new Slot<TJob>();
        _slots.Add(typeof(TJob), slot);
        return slot;
    }

    private void RunOpen(Slot slot, int items)
    {
        _current = slot;
        _items = items;
        _next = Threads;
        Array.Clear(_begun);
        Volatile.Write(ref _open, 1);
        Announce();
        Drain(slot, 0);

        // The exchange is a full fence: a worker either sees the job closed, or its entry is seen here.
        Interlocked.Exchange(ref _open, 0);
        var wait = default(SpinWait);
        var piece = Ahead.For(0);
        while (Volatile.Read(ref _active) != 0)
        {
            if (!piece.Ask()) wait.SpinOnce(sleep1Threshold: -1);
        }

        _current = null;
    }

    private void Announce()
    {
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) == 0) return;
        lock (_parking) Monitor.PulseAll(_parking);
    }

    private void Work(int number)
    {
        int seen = 0;
        while (true)
        {
            seen = Await(seen, number);
            if (Volatile.Read(ref _stop)) return;
            Interlocked.Increment(ref _active);
            if (Volatile.Read(ref _open) != 0) Drain(_current!, number);
            Interlocked.Decrement(ref _active);
        }
    }

    /// <summary>Waits until the generation is no longer <paramref name="seen"/>, and returns it.</summary>
    private int Await(int seen, int number)
    {
        var piece = Ahead.For(number);
        for (int i = 0; i < Spins; i++)
        {
            int now = Volatile.Read(ref _generation);
            if (now != seen) return now;
            if (!piece.Ask()) Thread.SpinWait(SpinLength);
        }

        // Counted before the generation is read again: Announce either sees the count or this sees the new generation.
        lock (_parking)
        {
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _generation) == seen) Monitor.Wait(_parking);
            Interlocked.Decrement(ref _parked);
            return Volatile.Read(ref _generation);
        }
    }

    private void Drain(Slot slot, int number)
    {
        try
        {
            if (Begins(number)) slot.Run(number);
            int item;
            while ((item = Interlocked.Increment(ref _next) - 1) < _items) slot.Run(item);
            for (int other = 0; other < Threads; other++)
            {
                if (Begins(other)) slot.Run(other);
            }
        }
#pragma warning disable CA1031 // whatever an item throws belongs to the caller
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            Volatile.Write(ref _items, 0);
        }
    }

    /// <summary>Whether the first item of a thread is there and was not begun.</summary>
    private bool Begins(int number) =>
        number < Volatile.Read(ref _items) && Volatile.Read(ref _begun[number]) == 0 && Interlocked.Exchange(ref _begun[number], 1) == 0;

    private abstract class Slot
    {
        public abstract void Run(int item);
    }

    private sealed class Slot<TJob> : Slot
        where TJob : struct, IJob
    {
        public TJob Job;

        public override void Run(int item) => Job.Run(item);
    }
}
