namespace Babel.Analysis.Statistics;

/// <summary>The part of a file that holds one <see cref="LayerNumbers{T}"/>; offsets are bytes from its first number.</summary>
internal interface INumberFile
{
    /// <summary>Whether all numbers are there already, and may only be read.</summary>
    bool IsStored { get; }

    /// <summary>Reads bytes, all that are asked for.</summary>
    void Read(long offset, Span<byte> bytes);

    /// <summary>Writes bytes.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);
}
