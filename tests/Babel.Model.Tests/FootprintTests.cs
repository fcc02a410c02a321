using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model.Errors;
using Babel.Model.Files;
using Babel.Model.RandomModels;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests;

/// <summary>What is foretold of a model without loading it: its errors, and its bytes.</summary>
public sealed class FootprintTests
{
    private const string Down = "model.layers.1.mlp.down_proj.weight";

    public static TheoryData<string, string> Refused => new()
    {
        { "a matrix of another shape", "shape" }, { "a norm of another length", "shape" }, { "a bias of another length", "shape" }, { "a vocabulary of another size", "vocabulary" },
        { "a quantised matrix", "type" }, { "a quantised norm", "type" }, { "no tensor", "lacks" }, { "a tensor too many", "does not use" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Read_OfWhatLoadRefuses_RefusesItWithTheSameWords(string what, string word)
    {
        using var edited = new EditedModel(what.Contains("bias", StringComparison.Ordinal) ? "bloom_4h" : "llama_gqa");
        Break(edited, what);
        string folder = edited.Write();
        using var device = Devices.Open("cpu");
        var expected = Assert.ThrowsAny<BabelException>(() => LanguageModel.Load(folder, device).Dispose());
        Assert.Contains(word, expected.What, StringComparison.Ordinal);
        using var files = Checkpoint.Open(folder);
        Action[] others =
        [
            () => ModelFootprint.Read(folder, device), () => ModelFolder.Check(folder, files), () => LanguageModel.Load(folder, device, Schedule.Layer).Dispose(),
        ];
        foreach (var other in others)
        {
            var found = Assert.ThrowsAny<BabelException>(other);
            Assert.Equal((expected.GetType(), expected.Message), (found.GetType(), found.Message));
        }
    }

    [Theory]
    [InlineData("opt_preln", "cpu")]
    [InlineData("gpt2", "cpu")]
    [InlineData("xglm", "cpu")]
    [InlineData("xglm", "ref")]
    public void InputBytesOf_FewIds_HoldsTheWholeTableOfPositions(string name, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        var footprint = ModelFootprint.Read(Fixtures.Golden(name), device);
        long rows = (long)footprint.Spec.MaxPositions + footprint.Spec.PositionOffset;
        long table = device.WeightBytes(device.ComputeType, rows, footprint.Spec.ModelWidth);
        Assert.InRange(footprint.InputBytesOf(1), table, table + (footprint.EmbeddingDeviceBytes / 10));
        Assert.Equal(footprint.InputBytesOf(long.MaxValue) + footprint.LayerBytes.Sum() + (footprint.IsTied ? 0 : footprint.OutputBytes), footprint.ResidentBytes);
    }

    [Fact]
    public void Batch_BeyondAnArray_IsRefusedByItsTokens()
    {
        using var folder = new TemporaryFolder();
        var shape = new RandomModelShape { ModelWidth = 8, Layers = 1, Heads = 1, KvHeads = 1, FfnWidth = 1 << 18, Vocabulary = 16 };
        RandomModel.Write(folder.File("wide"), shape, null, null, default);
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(folder.File("wide"), device, Schedule.Layer);
        var error = Assert.Throws<ModelInputException>(() => Batch.Pack(model, [new int[4000], new int[4193]]));
        Assert.Contains("8193 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("--batch-tokens", error.Message, StringComparison.Ordinal);
        Batch.Pack(model, [new int[4000], new int[4191]]).Dispose();
    }

    private static void Break(EditedModel edited, string what)
    {
        switch (what)
        {
            case "a matrix of another shape":
                edited.Put(Down, edited.Floats(Down), [.. edited.Tensors[Down].Shape.Reverse()]);
                break;
            case "a norm of another length":
                edited.Put("model.layers.1.input_layernorm.weight", [1, 2, 3], 3);
                break;
            case "a bias of another length":
                edited.Put(edited.Tensors.Keys.First(k => k.EndsWith("dense_h_to_4h.bias", StringComparison.Ordinal)), [1, 2, 3], 3);
                break;
            case "a vocabulary of another size":
                edited.Set("vocab_size", 1000);
                break;
            case "a quantised matrix":
                Quantise(edited, Down);
                break;
            case "a quantised norm":
                Quantise(edited, "model.norm.weight");
                break;
            case "no tensor":
                edited.Tensors.Remove(Down);
                break;
            default:
                edited.Put("model.layers.0.mlp.surprise.weight", [1], 1);
                break;
        }
    }

    private static void Quantise(EditedModel edited, string name)
    {
        var tensor = edited.Tensors[name];
        edited.Tensors[name] = tensor with { DType = DType.U8, Data = new byte[tensor.Shape.Aggregate(1L, (a, b) => a * b)] };
    }
}
