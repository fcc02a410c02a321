using Babel.Model.Tokenizers.HuggingFace;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers;

/// <summary>Everything one call of Encode works in. Tokenizers keep a bag of these, so a call allocates next to nothing.</summary>
internal sealed class EncodeScratch
{
    /// <summary>The text as it came, in UTF-8.</summary>
    public ByteBuffer Source { get; } = new();

    /// <summary>Two buffers that normalizers write in turn.</summary>
    public ByteBuffer Normalized { get; set; } = new();

    public ByteBuffer Spare { get; set; } = new();

    /// <summary>Segments between added tokens, before and after normalization.</summary>
    public List<Segment> Outer { get; } = [];

    public List<Segment> Inner { get; } = [];

    public PieceList Pieces { get; } = new();

    public ModelScratch Model { get; } = new();
}
