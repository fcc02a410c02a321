namespace Babel.Model;

/// <summary>How far loading has come.</summary>
/// <param name="Tensor">The tensor just loaded.</param>
/// <param name="BytesDone">Bytes read so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
public readonly record struct LoadProgress(string Tensor, long BytesDone, long BytesTotal);
