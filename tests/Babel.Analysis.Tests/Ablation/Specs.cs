using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Tests.Ablation;

/// <summary>Model forms without a model.</summary>
internal static class Specs
{
    public static ModelShape Shape(int ffn = 50) => ModelShape.Of(Small(ffn));

    public static DecoderSpec Small(int ffn = 50) => new()
    {
        Family = "llama", Layers = 3, ModelWidth = 16, Heads = 4, KvHeads = 2, HeadDim = 4, FfnWidth = ffn, Vocabulary = 32, MaxPositions = 64,
        GatedFfn = true,
    };
}
