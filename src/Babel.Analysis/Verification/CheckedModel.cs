using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Verification;

/// <summary>A model that devices are compared on: a drawn shape, or a folder.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Open">Opens it on a device.</param>
internal sealed record CheckedModel(string Name, Func<Device, CancellationToken, LanguageModel> Open)
{
    /// <summary>
    /// What families differ in, at sizes that are no multiples of a tile: grouped queries, rotation, windows, soft caps, ALiBi, tables of positions, gated and plain
    /// FFNs, sequential and parallel blocks, fused and transposed weights, all three storage types.
    /// </summary>
    public static IReadOnlyList<CheckedModel> Embedded { get; } =
    [
        Drawn("llama bf16", Shape("llama", DType.BF16) with { Layers = 2, ModelWidth = 96, Heads = 6, KvHeads = 2, FfnWidth = 168 }),
        Drawn("gemma2 f32", Shape("gemma2", DType.F32) with { Layers = 2, ModelWidth = 60, Heads = 4, KvHeads = 2, HeadDim = 20, FfnWidth = 101, Window = 9 }),
        Drawn("bloom f16", Shape("bloom", DType.F16) with { Layers = 2, ModelWidth = 48, Heads = 6, KvHeads = 6, FfnWidth = 192 }),
        Drawn("mistral f16", Shape("mistral", DType.F16) with { Layers = 2, ModelWidth = 64, Heads = 4, KvHeads = 1, HeadDim = 32, FfnWidth = 136, Window = 12 }),
        Drawn("gpt2 f32", Shape("gpt2", DType.F32) with { Layers = 2, ModelWidth = 72, Heads = 3, KvHeads = 3, FfnWidth = 130 }),
        Drawn("gpt_neox bf16", Shape("gpt_neox", DType.BF16) with { Layers = 2, ModelWidth = 64, Heads = 2, KvHeads = 2, FfnWidth = 200 }),
        Drawn("qwen2 bf16", Shape("qwen2", DType.BF16) with { Layers = 2, ModelWidth = 88, Heads = 4, KvHeads = 4, HeadDim = 24, FfnWidth = 120 }),
    ];

    /// <summary>How many of <see cref="Embedded"/> a quick run takes.</summary>
    public const int Quick = 3;

    /// <summary>A model folder.</summary>
    public static CheckedModel Folder(string path) =>
        new(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), (device, ct) => LanguageModel.Load(path, device, ct: ct));

    /// <summary>A shape whose weights are drawn.</summary>
    public static CheckedModel Drawn(string name, RandomModelShape shape) => new(name, (device, ct) => LanguageModel.Draw(shape, device, ct));

    private static RandomModelShape Shape(string family, DType weights) => new()
    {
        Family = family, ModelWidth = 64, Layers = 2, Heads = 4, KvHeads = 4, FfnWidth = 128, Vocabulary = 203, MaxPositions = 64, Weights = weights,
    };
}
