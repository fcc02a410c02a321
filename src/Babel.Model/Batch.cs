using Babel.Kernels;

namespace Babel.Model;

/// <summary>Token rows on the device, packed one sequence after the other without padding.</summary>
public sealed class Batch : IDisposable
{
    private readonly (int Row, int Column)[] _origins;

    internal Batch(SequenceLayout layout, (int Row, int Column)[] origins)
    {
        Layout = layout;
        _origins = origins;
    }

    /// <summary>Where the sequences lie.</summary>
    public SequenceLayout Layout { get; }

    /// <summary>N, the token rows.</summary>
    public int Tokens => Layout.Tokens;

    /// <summary>Packs sequences; with <paramref name="targets"/>, row n's target is the next token of its sequence, -1 at the end.</summary>
    public static Batch Pack(LanguageModel model, IReadOnlyList<int[]> sequences, bool targets = true) =>
        throw new NotSupportedException();

    /// <summary>Packs a left-padded batch [B, T]: pads are dropped, positions follow the family's convention unless given.</summary>
    public static Batch FromPadded(LanguageModel model, int[,] ids, int[,]? mask, int[,]? positionIds) => throw new NotSupportedException();

    /// <summary>Where a packed row stood in the padded batch.</summary>
    public (int Row, int Column) Origin(int tokenRow) => _origins[tokenRow];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
