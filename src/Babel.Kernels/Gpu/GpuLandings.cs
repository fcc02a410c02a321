namespace Babel.Kernels.Gpu;

/// <summary>The landings of a device, kept to be used again: page-locked memory is dear to make.</summary>
/// <param name="create">Makes one of a size.</param>
internal sealed class GpuLandings(Func<int, GpuLanding> create) : IDisposable
{
    private readonly List<GpuLanding> _all = [];

    /// <summary>Enqueues copies of tensors to the host.</summary>
    public PendingDownload Begin(IReadOnlyList<TensorView> sources)
    {
        var ends = new int[sources.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            long bytes = sources[i].Count * sources[i].DType.Size();
            ends[i] = end = checked((int)(Aligned(end) + bytes));
        }

        var landing = Take(end);
        try
        {
            for (int i = 0, at = 0; i < ends.Length; at = Aligned(ends[i++]))
            {
                var source = sources[i];
                if (ends[i] > at) landing.Copy((GpuMemory)source.Memory, source.Offset * source.DType.Size(), at, ends[i] - at);
            }

            landing.Mark();
            return new Download(landing, ends);
        }
        catch
        {
            landing.IsTaken = false;
            throw;
        }
    }

    /// <summary>Gives the landings back that nobody waits for.</summary>
    public void Trim()
    {
        foreach (var landing in _all.Where(l => !l.IsTaken)) landing.Dispose();
        _all.RemoveAll(l => !l.IsTaken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var landing in _all) landing.Dispose();
        _all.Clear();
    }

    /// <summary>The smallest free landing with the room. What was enqueued for its last user is done before what is enqueued now.</summary>
    private GpuLanding Take(int bytes)
    {
        var landing = _all.Where(l => !l.IsTaken && l.Size >= bytes).MinBy(l => l.Size);
        if (landing is null) _all.Add(landing = create(Math.Max(bytes, 1)));
        landing.IsTaken = true;
        return landing;
    }

    private static int Aligned(int at) => checked(at + 63) & ~63;

    private sealed class Download(GpuLanding landing, int[] ends) : PendingDownload
    {
        private bool _waited;
        private bool _given;

        public override bool IsDone => _waited || landing.IsReached;

        public override ReadOnlySpan<byte> Bytes(int index)
        {
            ObjectDisposedException.ThrowIf(_given, this);
            if (!_waited) landing.Wait();
            _waited = true;
            int start = index == 0 ? 0 : Aligned(ends[index - 1]);
            return landing.Bytes[start..ends[index]];
        }

        public override void Dispose()
        {
            if (!_given) landing.IsTaken = false;
            _given = true;
        }
    }
}
