namespace Babel.Model.Decoding;

/// <summary>
/// Where a schedule takes weights from: all of them in memory, or read from the files part by part. What a call returns is valid until the next call
/// for another part.
/// </summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>Whether every part is in memory, so that going from one to another costs nothing.</summary>
    bool IsResident { get; }

    /// <summary>Bytes of weights read from the files so far.</summary>
    long BytesRead { get; }

    /// <summary>The input side, with at least the embeddings of these ids.</summary>
    InputWeights Input(IReadOnlyCollection<int> ids);

    /// <summary>The weights of a block.</summary>
    LayerWeights Layer(int index);

    /// <summary>The output side.</summary>
    OutputWeights Output();
}
