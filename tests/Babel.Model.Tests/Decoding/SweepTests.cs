using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model.Decoding;
using Babel.Model.Files;
using Babel.Model.Tests.Families;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>Layer-major against token-major: the same bits, every weight read once, in any memory.</summary>
public sealed class SweepTests
{
    private static readonly int[][][] s_batches = [[[5, 9, 17, 33, 7, 64, 80], [40, 41, 42]], [[99, 98, 97, 96, 95]], [[1], [5, 9, 17, 5, 9]]];
    private static readonly Site[] s_sites = [Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.Q, Site.K, Site.V, Site.Z];

    public static TheoryData<string, string> Models()
    {
        // Pre-norm with gates, layer norms and ALiBi, shared and two parallel norms, post-norm with projections, windows, tied, sandwich, head norms, Conv1D.
        string[] models =
        [
            "llama_gqa", "llama2_bf16", "llama2_f16", "llama2_sharded", "bloom_4h", "phi", "gpt_neox_parallel", "falcon_mq", "opt_postln_proj", "opt_preln",
            "mistral_window", "qwen2_tied", "gpt2", "xglm", "gemma", "gemma2", "qwen3", "llama_gqa_rope_dynamic",
        ];
        var data = new TheoryData<string, string>();
        foreach (string model in models) data.Add(model, "cpu");
        foreach (string model in (string[])["llama_gqa", "bloom_4h", "opt_postln_proj", "gpt2"]) data.Add(model, "ref");
        return data;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Sweep_LayerMajor_SameBitsAsTokenMajor(string name, string deviceName)
    {
        using var folder = name == "qwen3" ? SpellingTests.Qwen3() : name == "gemma2" ? SpellingTests.Gemma2() : null;
        string path = folder?.Write() ?? Fixtures.Golden(name);
        using var device = Devices.Open(deviceName);
        using var resident = LanguageModel.Load(path, device);
        using var streamed = LanguageModel.Load(path, device, Schedule.Layer);
        Assert.Equal((Schedule.Token, Schedule.Layer, 0L), (resident.Schedule, streamed.Schedule, streamed.BytesRead));
        Assert.Equal(resident.Fingerprint, streamed.Fingerprint);
        ProbePlan[] plans =
        [
            new() { Statistics = s_sites.ToHashSet(), QkScores = QkScoreForm.Exact, ValueScores = true },
            new() { Captures = new HashSet<SiteRef> { new(Site.Embed, -1), new(Site.Pattern, 1), new(Site.FinalNorm, -1) }, Ablation = Off(resident) },
        ];
        var expected = Sweep(resident, plans, null);
        var foretold = ModelFootprint.Read(path, device);
        int ids = s_batches.SelectMany(b => b).SelectMany(s => s).Distinct().Count();
        Assert.Equal(foretold.StorageBytes, resident.BytesRead);
        long state = resident.Spec.ModelWidth * (long)device.ComputeType.Size();
        foreach (long memory in (long[])[long.MaxValue, 0, 12 * state])
        {
            long before = streamed.BytesRead;
            var found = Sweep(streamed, plans, new SweepOptions { ResidentBytes = memory });
            Assert.Equal(expected.Numbers.Count, found.Numbers.Count);
            foreach (var (key, values) in expected.Numbers) Assert.Equal(values, found.Numbers[key]);
            Assert.Equal(expected.Done, found.Done);
            Assert.Equal(ReadOnce(path, streamed.Spec), streamed.BytesRead - before);
            Assert.Equal(foretold.SweepBytes(ids, logProbs: true), streamed.BytesRead - before);
        }
    }

    [Fact]
    public void Run_OnAStreamedModel_IsASweepOfOneBatch()
    {
        using var device = Devices.Open("cpu");
        using var resident = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device);
        using var streamed = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device, Schedule.Layer);
        using var batch = Batch.Pack(resident, s_batches[0]);
        using var same = Batch.Pack(streamed, s_batches[0]);
        var plan = new ProbePlan { Captures = new HashSet<SiteRef> { new(Site.Z, 0), new(Site.Logits, -1) } };
        foreach (var output in Enum.GetValues<ForwardOutput>())
        {
            var (left, right) = (new CaptureSink(), new CaptureSink());
            var expected = resident.Run(batch, output, plan, left);
            var found = streamed.Run(same, output, plan, right);
            Assert.Equal(expected.LogProbs, found.LogProbs);
            Assert.Equal(expected.Logits, found.Logits);
            Assert.Equal(left.Values.OrderBy(v => v.Key.ToString(), StringComparer.Ordinal), right.Values.OrderBy(v => v.Key.ToString(), StringComparer.Ordinal));
        }

        for (int layer = 0; layer < resident.Spec.Layers; layer++)
            Assert.Equal(resident.WriteNorms(Site.MlpPost, layer), streamed.WriteNorms(Site.MlpPost, layer));
    }

    [Fact]
    public void Run_WithoutOutput_ReadsNoUnembedding()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device, Schedule.Layer);
        using var batch = Batch.Pack(model, s_batches[0]);
        model.Run(batch, ForwardOutput.None);
        long without = model.BytesRead;
        model.Run(batch, ForwardOutput.LogProbs);
        using var files = Checkpoint.Open(Fixtures.Golden("llama_gqa"));
        Assert.Equal(files.Find("lm_head.weight")!.Value.Tensor.Bytes + (model.Spec.ModelWidth * 4), model.BytesRead - (2 * without));
        Assert.Equal(without, ModelFootprint.Read(Fixtures.Golden("llama_gqa"), device).SweepBytes(s_batches[0].SelectMany(s => s).Distinct().Count(), logProbs: false));
    }

    [Fact]
    public void Generate_OnAStreamedModel_IsRefused()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device, Schedule.Layer);
        var error = Assert.Throws<DeviceMemoryException>(() => new TextGenerator(model).Generate([[1, 2]], new GenerationOptions { MaxNewTokens = 2 }));
        Assert.Contains("all weights in memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LayerMajor_ChecksEveryTensorBeforeItRuns()
    {
        using var edited = new EditedModel("llama_gqa");
        var (name, layer) = ("model.layers.1.mlp.down_proj.weight", edited.Floats("model.layers.1.mlp.down_proj.weight"));
        long[] shape = [.. edited.Tensors[name].Shape];
        edited.Put(name, layer, shape[1], shape[0]);
        using var device = Devices.Open("cpu");
        Assert.Throws<Errors.ModelFormatException>(() => LanguageModel.Load(edited.Write(), device, Schedule.Layer));
    }

    [Fact]
    public void Sweep_Interrupted_LeavesNoFile()
    {
        using var device = Devices.Open("cpu");
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device, Schedule.Layer);
        using var cancel = new CancellationTokenSource();
        var options = new SweepOptions { ResidentBytes = 0, SpoolFolder = folder.Path };
        Assert.Throws<OperationCanceledException>(() => Sweep(model, [ProbePlan.None], options, cancel));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        var error = Assert.Throws<IOException>(() => Sweep(model, [ProbePlan.None], options with { SpoolFolder = folder.File("absent") }));
        Assert.Contains("TMPDIR", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HiddenStates_LargerThanAPiece_ComeBackAsTheyWere()
    {
        const int width = 96, rows = 60_000;
        using var device = Devices.Open("cpu");
        using var folder = new TemporaryFolder();
        Assert.True((long)rows * width * sizeof(float) > 2 * SweepOptions.PieceBytes);
        using var states = new HiddenStates(device, [3, rows, 7], width, new SweepOptions { ResidentBytes = 0, SpoolFolder = folder.Path });
        var expected = new Dictionary<int, float[]>();
        foreach (var (index, count) in ((int, int)[])[(1, rows), (0, 3), (2, 7)])
        {
            float[] numbers = [.. Enumerable.Range(0, count * width).Select(i => (i % 9973) + (index * 0.25f))];
            device.Upload(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()), states.New(index));
            states.Keep(index);
            expected.Add(index, numbers);
        }

        foreach (var (index, numbers) in expected) Assert.Equal(numbers, device.ToFloats(states.Read(index)));
        Assert.Equal((long)(rows + 10) * width * sizeof(float), states.SpoolBytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (new HiddenStates(device, [rows], width, new SweepOptions { ResidentBytes = 0, SpoolFolder = folder.Path }))
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, SweepOptions.PieceBytes + 10_000);
    }

    [SkippableFact]
    public void TemporaryFile_ThatKeepsItsName_IsClosed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "open files are read from /proc");
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<IOException>(() => new TemporaryFile(folder.Path, 100, _ => throw new UnauthorizedAccessException("no")));
        Assert.Contains("TMPDIR", error.Message, StringComparison.Ordinal);
        Assert.Empty(OpenFiles.In(folder.Path));
        using var file = new TemporaryFile(folder.Path, 100);
        file.Write(0, new byte[70]);
        Assert.Equal([70L], OpenFiles.In(folder.Path));
    }

    private static NeuronMask Off(LanguageModel model) => NeuronMask.Off(
        model.Spec, [new NeuronId(0, NeuronPart.Down, 3), new NeuronId(1, NeuronPart.Q, 1), new NeuronId(1, NeuronPart.V, 2), new NeuronId(1, NeuronPart.O, 0)]);

    private static Recorder Sweep(LanguageModel model, ProbePlan[] plans, SweepOptions? options, CancellationTokenSource? cancel = null)
    {
        var batches = s_batches.Select(b => Batch.Pack(model, b)).ToList();
        var recorder = new Recorder(cancel);
        try
        {
            model.Sweep(batches, plans, ForwardOutput.LogProbs, recorder, options, cancel?.Token ?? default);
        }
        finally
        {
            batches.ForEach(b => b.Dispose());
        }

        return recorder;
    }

    /// <summary>Bytes of all tensors in use: the embeddings of the ids (and where they are tied, the whole table as unembedding), everything else once.</summary>
    private static long ReadOnce(string path, DecoderSpec spec)
    {
        using var files = Checkpoint.Open(path);
        var embedding = files.Names.Select(n => files.Find(n)!.Value.Tensor).First(
            t => t.Name.Contains("embed_tokens", StringComparison.Ordinal) || t.Name.Contains("wte", StringComparison.Ordinal)
                || t.Name.Contains("embed_in", StringComparison.Ordinal) || t.Name.Contains("word_embeddings.weight", StringComparison.Ordinal));
        int ids = s_batches.SelectMany(b => b).SelectMany(s => s).Distinct().Count();
        long all = files.Files.SelectMany(f => f.Tensors).Where(t => !Unused(t.Name)).Sum(t => t.Bytes);
        bool tied = !files.Names.Any(n => n.Contains("lm_head.weight", StringComparison.Ordinal) || n.Contains("embed_out", StringComparison.Ordinal));
        return all - (tied || spec.TiedEmbeddings ? 0 : embedding.Bytes) + (ids * embedding.Bytes / embedding.Shape[0]);
    }

    private static bool Unused(string name) => name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith("masked_bias", StringComparison.Ordinal)
        || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || name.EndsWith("attention.bias", StringComparison.Ordinal);

    /// <summary>Everything a sweep told, as numbers under names.</summary>
    private sealed class Recorder(CancellationTokenSource? cancel) : ISweepSink
    {
        private readonly Dictionary<(int, int), RecordingSink> _sinks = [];
        private readonly Dictionary<string, double[]> _results = [];

        public List<int> Done { get; } = [];

        public Dictionary<string, double[]> Numbers
        {
            get
            {
                var all = new Dictionary<string, double[]>(_results, StringComparer.Ordinal);
                foreach (var (key, sink) in _sinks)
                {
                    foreach (var (k, v) in sink.Stats) all[$"{key} {k}"] = v;
                    foreach (var (k, v) in sink.Scores) all[$"{key} {k}"] = v;
                    foreach (var (k, v) in sink.Values) all[$"{key} {k}"] = v;
                }

                return all;
            }
        }

        public IProbeSink? Probe(int pass, int batch)
        {
            if (!_sinks.TryGetValue((pass, batch), out var sink)) _sinks.Add((pass, batch), sink = new RecordingSink(s_sites));
            return sink;
        }

        public void OnResult(int pass, int batch, ForwardResult result) => _results.Add($"log {pass} {batch}", Array.ConvertAll(result.LogProbs, v => (double)v));

        public void OnLayerDone(int layer)
        {
            Done.Add(layer);
            cancel?.Cancel();
        }

        public void OnProgress(long rows) => _results["rows"] = [rows];
    }
}
