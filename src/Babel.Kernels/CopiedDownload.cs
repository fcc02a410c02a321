namespace Babel.Kernels;

/// <summary>A download that is done when it begins.</summary>
internal sealed class CopiedDownload : PendingDownload
{
    private readonly byte[][] _copies;

    /// <summary>Copies.</summary>
    public CopiedDownload(IReadOnlyList<TensorView> sources)
    {
        _copies = new byte[sources.Count][];
        for (int i = 0; i < _copies.Length; i++)
        {
            _copies[i] = new byte[checked(sources[i].Count * sources[i].DType.Size())];
            sources[i].Device.Download(sources[i], _copies[i]);
        }
    }

    /// <inheritdoc/>
    public override bool IsDone => true;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes(int index) => _copies[index];

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
