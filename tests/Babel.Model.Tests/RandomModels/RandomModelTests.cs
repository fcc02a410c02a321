using System.Buffers.Binary;
using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Files;
using Babel.Model.RandomModels;
using Babel.Testing;
using Xunit;

namespace Babel.Model.Tests.RandomModels;

public sealed class RandomModelTests : IDisposable
{
    private static readonly RandomModelShape s_small = new()
    {
        ModelWidth = 32, Layers = 2, Heads = 4, KvHeads = 2, FfnWidth = 48, Vocabulary = 50, MaxPositions = 64, Weights = DType.F32,
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => [.. RandomModel.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Write_OfEveryFamily_MakesAModelThatRuns(string family)
    {
        var shape = s_small with { Family = family, KvHeads = family is "gpt2" or "gpt_neox" or "bloom" or "opt" or "xglm" ? 4 : 2, FfnWidth = family == "bloom" ? 128 : 48 };
        RandomModel.Write(_folder.File("m"), shape);
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(_folder.File("m"), device);
        using var batch = Batch.Pack(model, [[1, 2, 3, 4, 5]]);
        var scores = model.Run(batch, ForwardOutput.LogProbs).LogProbs;
        Assert.Equal((2, 4, 32), (model.Spec.Layers, model.Spec.Heads, model.Spec.ModelWidth));
        Assert.All(scores.Take(4), p => Assert.InRange(p, -30, -0.01f));
    }

    public static TheoryData<string, string, DType> DrawnModels
    {
        get
        {
            var data = new TheoryData<string, string, DType>();
            foreach (string device in Golden.Devices.Names)
            {
                data.Add(device, "llama", DType.F32);
                data.Add(device, "gpt2", DType.BF16);
                data.Add(device, "falcon", DType.F16);
                data.Add(device, "gemma2", DType.BF16);
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(DrawnModels))]
    public void Draw_HasTheBitsOfTheFolder(string name, string family, DType weights)
    {
        var shape = s_small with { Family = family, KvHeads = family == "gpt2" ? 4 : 2, Weights = weights };
        RandomModel.Write(_folder.File("m"), shape);
        using var device = Golden.Devices.Open(name);
        float[] Logits(LanguageModel model)
        {
            using var batch = Batch.Pack(model, [[1, 2, 3, 4, 5], [6, 7]]);
            return model.Run(batch, ForwardOutput.Logits).Logits;
        }

        using var drawn = LanguageModel.Draw(shape, device);
        using var loaded = LanguageModel.Load(_folder.File("m"), device);
        Assert.Equal(Logits(loaded), Logits(drawn));
        Assert.Equal(64, drawn.Fingerprint.Length);
        Assert.NotEqual(loaded.Fingerprint, drawn.Fingerprint, StringComparer.Ordinal);
        ModelFootprint read = ModelFootprint.Read(_folder.File("m"), device), known = ModelFootprint.Of(shape, device);
        Assert.Equal((read.StorageBytes, read.ResidentBytes, read.Storage, read.IsTied), (known.StorageBytes, known.ResidentBytes, known.Storage, known.IsTied));
        Assert.Equal((read.EmbeddingBytes, read.OutputStorageBytes), (known.EmbeddingBytes, known.OutputStorageBytes));
    }

    [Fact]
    public void Write_Twice_MakesTheSameBytes_AndAnotherSeedDoesNot()
    {
        RandomModel.Write(_folder.File("a"), s_small);
        RandomModel.Write(_folder.File("b"), s_small);
        RandomModel.Write(_folder.File("c"), s_small with { Seed = 2 });
        byte[] a = Weights("a");
        Assert.Equal(a, Weights("b"));
        Assert.NotEqual(a, Weights("c"));
        Assert.Equal(File.ReadAllBytes(_folder.File("a/config.json")), File.ReadAllBytes(_folder.File("b/config.json")));
    }

    [Fact]
    public void Write_ATensor_DoesNotDependOnTheOthers()
    {
        RandomModel.Write(_folder.File("two"), s_small);
        RandomModel.Write(_folder.File("one"), s_small with { Layers = 1, FfnWidth = 16 });
        const string Name = "model.layers.0.self_attn.q_proj.weight";
        Assert.Equal(Floats("two", Name), Floats("one", Name));
    }

    [Fact]
    public void Write_StoresTheSameNumbersInEveryType()
    {
        const string Name = "model.layers.1.mlp.down_proj.weight";
        RandomModel.Write(_folder.File("f32"), s_small);
        RandomModel.Write(_folder.File("bf16"), s_small with { Weights = DType.BF16 });
        RandomModel.Write(_folder.File("f16"), s_small with { Weights = DType.F16 });
        float[] exact = Floats("f32", Name);
        Assert.Equal(Array.ConvertAll(exact, v => DTypes.FromBFloat16(DTypes.ToBFloat16(v))), Floats("bf16", Name));
        Assert.Equal(Array.ConvertAll(exact, v => (float)(Half)v), Floats("f16", Name));
        Assert.InRange(exact.Average(v => v * v), 0.8 / 48, 1.2 / 48);
    }

    [Fact]
    public void Fill_InPieces_GivesTheBytesOfOneFill()
    {
        var tensor = new RandomTensor(new TensorHeader("t", DType.BF16, [7, 13]), 0, 1);
        byte[] whole = new byte[7 * 13 * 2], pieces = new byte[whole.Length];
        var numbers = tensor.Numbers(5);
        numbers.Fill(DType.BF16, 0, 1, whole);
        numbers.Fill(DType.BF16, 0, 1, pieces.AsSpan(0, 62));
        numbers.Fill(DType.BF16, 31, 1, pieces.AsSpan(62));
        Assert.Equal(whole, pieces);
    }

    [Fact]
    public void Fill_IsWrittenDown_SoThatNoVersionChangesIt()
    {
        // Worked out by another program in another language.
        byte[] bytes = new byte[12];
        new RandomTensor(new TensorHeader("model.norm.weight", DType.F32, [3]), 1, 0.2f).Numbers(1).Fill(DType.F32, 0, 1, bytes);
        Assert.Equal("3f87f267 3f6a2928 3f85e3d4", string.Join(' ', Enumerable.Range(0, 3).Select(i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * i)).ToString("x8"))));
    }

    [Fact]
    public void Write_AboveTheShardSize_MakesShardsWithAnIndex()
    {
        RandomModel.Write(_folder.File("whole"), s_small);
        RandomModel.Write(_folder.File("shards"), s_small, tokenizer: null, shardBytes: 20_000);
        using var whole = Checkpoint.Open(_folder.File("whole"));
        using var shards = Checkpoint.Open(_folder.File("shards"));
        Assert.InRange(shards.Files.Count, 3, 100);
        Assert.Equal(whole.Names.Order(StringComparer.Ordinal), shards.Names.Order(StringComparer.Ordinal));
        Assert.All(whole.Names, name => Assert.Equal(whole.Files[0].ReadFloats(name), shards.Find(name)!.Value.File.ReadFloats(name)));
    }

    [Fact]
    public void Write_WhereSomethingIs_IsRefused_AndTouchesNothing()
    {
        string file = _folder.File("there", "mine");
        Assert.Throws<ModelInputException>(() => RandomModel.Write(file, s_small));
        Assert.Equal("mine", File.ReadAllText(file));
    }

    [Fact]
    public void Write_Interrupted_LeavesNothing()
    {
        using var stop = new CancellationTokenSource();
        var atOnce = new Reports(_ => stop.Cancel());
        Assert.Throws<OperationCanceledException>(() => RandomModel.Write(_folder.File("m"), s_small, null, atOnce, stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_WithATokenizer_CopiesIt_AndRefusesOneThatIsTooLarge()
    {
        string sample = Path.Combine(Fixtures.Root, "samples", "babel-nano");
        RandomModel.Write(_folder.File("m"), s_small with { Vocabulary = 8000 }, sample);
        Assert.Equal(File.ReadAllBytes(Path.Combine(sample, "tokenizer.json")), File.ReadAllBytes(_folder.File("m/tokenizer.json")));
        var error = Assert.Throws<ModelInputException>(() => RandomModel.Write(_folder.File("n"), s_small, sample));
        Assert.Contains("8000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfAShapeTheFamilyCannotHave_IsRefused()
    {
        Assert.Throws<ModelInputException>(() => RandomModel.Write(_folder.File("m"), s_small with { Family = "gpt2" }));
        Assert.Throws<UnsupportedModelException>(() => RandomModel.Write(_folder.File("m"), s_small with { Family = "bloom", KvHeads = 4 }));
        Assert.Throws<ModelInputException>(() => RandomModel.Write(_folder.File("m"), s_small with { Family = "mystery" }));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Weights(string folder) => File.ReadAllBytes(_folder.File(folder + "/model.safetensors"));

    private float[] Floats(string folder, string name)
    {
        using var file = SafetensorsFile.Open(_folder.File(folder + "/model.safetensors"));
        return file.ReadFloats(name);
    }

    private sealed class Reports(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
