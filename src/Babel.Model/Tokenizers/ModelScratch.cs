using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers;

/// <summary>What a model needs while it works and one thread owns: kept between calls, never shared.</summary>
internal sealed class ModelScratch
{
    private WordCache? _cache;

    public WordCache Cache => _cache ??= new WordCache();

    public PairMerger Merger { get; } = new();

    public ViterbiPath Path { get; } = new();

    public List<int> Symbols { get; } = [];
}
