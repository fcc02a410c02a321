using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Babel.Cli.Inputs;
using Babel.Model.Files;
using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>What <c>--schedule</c> and <c>--memory</c> choose, what <c>plan</c> foretells, and that neither changes a result.</summary>
public sealed class ScheduleTests : IDisposable
{
    private static readonly string s_samples = Path.Combine(House.Repository.Root, "samples");
    private static readonly string s_model = Path.Combine(s_samples, "babel-nano");
    private static readonly string[] s_text = ["--corpus", Path.Combine(s_samples, "text"), "--languages", "de,en", "--limit", "3"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("768MiB", 768L << 20)]
    [InlineData("2GB", 2_000_000_000L)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("1.5 gib", 3L << 29)]
    [InlineData("800000000", 800_000_000L)]
    [InlineData("64B", 64L)]
    [InlineData("25%", 250L)]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("-1GB", null)]
    [InlineData("1e3", null)]
    [InlineData("much", null)]
    [InlineData("99999999999TB", null)]
    public void MemorySize_Words_AreBytes(string text, long? bytes) => Assert.Equal(bytes, MemorySize.Parse(text, 1000));

    [Fact]
    public void Results_OfBothSchedules_AreTheSameBytes()
    {
        var token = Run(0, "score", s_model, "--schedule", "token", "--json");
        var layer = Run(0, "score", s_model, "--schedule", "layer", "--json");
        Assert.Equal(token.Output, layer.Output);
        Assert.Contains("schedule: token-major; as asked for", token.Error, StringComparison.Ordinal);
        Assert.Contains("schedule: layer-major; as asked for", layer.Error, StringComparison.Ordinal);
        Assert.Contains("schedule: token-major; all weights", Run(0, "stats", s_model, "--qk-importance", "both", "-o", _folder.File("token")).Error, StringComparison.Ordinal);
        Run(0, "stats", s_model, "--qk-importance", "both", "-o", _folder.File("layer"), "--schedule", "layer");
        Assert.Equal(Bytes("token/statistics.safetensors"), Bytes("layer/statistics.safetensors"));

        Assert.Equal(0, CommandRun.Of("neurons", _folder.File("token"), "-o", _folder.File("n.json"), "-q").Code);
        string[] journals = ["token", "layer"];
        foreach (string schedule in journals)
            Run(0, "ablate", s_model, "--neurons", _folder.File("n.json"), "--controls", "1", "--schedule", schedule, "--journal", _folder.File($"{schedule}.j"));
        Assert.Equal(Bytes("token.j"), Bytes("layer.j"));
    }

    [Fact]
    public void Trace_BeyondItsMemory_NamesWhatTakesIt()
    {
        var run = CommandRun.Of("trace", s_model, "--ids", "1,2,3", "--memory", "1MiB", "-o", _folder.File("t.npz"));
        Assert.Equal(6, run.Code);
        Assert.Contains("the run does not fit the memory it may use", run.Error, StringComparison.Ordinal);
        Assert.Contains("activations", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, CommandRun.Of("trace", s_model, "--ids", "1,2,3", "--memory", "plenty", "-o", _folder.File("t.npz")).Code);
    }

    [Fact]
    public void Generate_BeyondItsMemory_IsRefused()
    {
        var run = CommandRun.Of("generate", s_model, "--ids", "1,2", "--memory", "100MiB");
        Assert.Equal(6, run.Code);
        Assert.Contains("token-major, all weights in memory", run.Error, StringComparison.Ordinal);

        // Only options it has are named.
        Assert.DoesNotContain("--schedule", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--batch-tokens", run.Error, StringComparison.Ordinal);
        Assert.Matches(@"--memory \d+MiB", run.Error);
    }

    [Fact]
    public void Plan_OfAContextBeyondTheModels_IsThatOfTheStudy()
    {
        string[] tasks = ["study", "stats", "ablate"];
        foreach (string task in tasks)
        {
            long[] activations =
            [
                .. new[] { "512", "100000" }.Select(context =>
                {
                    using var json = JsonDocument.Parse(CommandRun.Of("plan", s_model, "--task", task, "--context", context, "--json").Output);
                    return json.RootElement.GetProperty("token").GetProperty("activations").GetInt64();
                }),
            ];
            Assert.Equal(activations[0], activations[1]);
        }
    }

    [Fact]
    public void PlanAndInspect_OfAQuantisedModel_RefuseItAsScoreDoes()
    {
        string folder = _folder.File("quantised");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(s_model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var tensors = new List<NamedTensor>();
        using (var file = SafetensorsFile.Open(Path.Combine(s_model, "model.safetensors")))
        {
            foreach (var tensor in file.Tensors)
            {
                bool quantised = tensor.Name.EndsWith("layers.3.mlp.up_proj.weight", StringComparison.Ordinal);
                byte[] data = new byte[quantised ? tensor.Count : tensor.Bytes];
                tensors.Add(new NamedTensor(tensor.Name, quantised ? Kernels.DType.U8 : tensor.DType, tensor.Shape, data));
            }
        }

        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        var score = Run(4, "score", folder, "-q");
        var plan = CommandRun.Of("plan", folder, "-q");
        Assert.Equal((4, score.Error), (plan.Code, plan.Error));
        Assert.Contains("quantised checkpoints are not supported", plan.Error, StringComparison.Ordinal);
        var inspect = CommandRun.Of("inspect", folder);
        Assert.Equal(4, inspect.Code);
        Assert.Contains("quantised checkpoints are not supported", inspect.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("stats")]
    [InlineData("study")]
    public async Task Run_LayerMajorKilled_GoesOnToTheSameBytes(string command)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "processes are killed");
        string[] text = ["--corpus", Path.Combine(s_samples, "text"), "--languages", "de,en", "--context", "32"];
        string[] limits = command == "stats" ? ["--limit", "150"] : ["--controls", "1"];
        using var plan = JsonDocument.Parse(CommandRun.Of(
            ["plan", s_model, .. text, "--task", command, .. limits, "--schedule", "layer", "--memory", "1MiB", "--json"]).Output);

        // Just enough: documents are read in units of 64, and every pass of an ablation reads the weights again.
        long least = plan.RootElement.GetProperty("layer").GetProperty("peak").GetInt64() + (1 << 20);
        string[] Line(string folder) => [command, s_model, .. text, .. limits, "--schedule", "layer", "--memory", $"{least}", "-o", _folder.File(folder)];
        using (var whole = Start(Line("whole")))
        {
            await whole.StandardOutput.ReadToEndAsync();
            await whole.WaitForExitAsync();
            Assert.True(whole.ExitCode == 0, $"ended with {whole.ExitCode}");
        }

        foreach (string sign in command == "stats" ? ["blocks/*.safetensors"] : (string[])["blocks/*.safetensors", "journal.jsonl"])
        {
            using var killed = Start(Line("killed"));
            while (!killed.HasExited && !HasBegun(_folder.File("killed"), sign)) await Task.Delay(2);
            killed.Kill();
            await killed.WaitForExitAsync();
            Assert.NotEqual(0, killed.ExitCode);
        }

        Assert.False(File.Exists(_folder.File("killed/summary.json")));
        var again = CommandRun.Of(Line("killed"));
        Assert.True(again.Code == 0, again.Error);
        string[] results = command == "stats" ? ["statistics.safetensors"] : ["statistics.safetensors", "neurons.json", "deltas.csv", "controls.csv"];
        foreach (string result in results) Assert.Equal(Bytes($"whole/{result}"), Bytes($"killed/{result}"));
        Assert.False(Directory.Exists(_folder.File("killed/blocks")));
        Assert.Empty(Directory.GetFiles(_folder.File("killed"), "*.tmp", SearchOption.AllDirectories));
    }

    /// <summary>Whether a run has finished something: a block of statistics, or a pass of an ablation.</summary>
    private static bool HasBegun(string folder, string sign)
    {
        if (!Directory.Exists(folder)) return false;
        if (!sign.StartsWith("blocks", StringComparison.Ordinal))
        {
            // The documents, the baseline, and at least one set.
            using var journal = new StreamReader(new FileStream(Path.Combine(folder, sign), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return journal.ReadToEnd().Count(c => c == '\n') >= 3;
        }

        string blocks = Path.Combine(folder, "blocks");
        return Directory.Exists(blocks) && Directory.EnumerateFiles(blocks, "*.safetensors").Any();
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "babel.dll"), .. arguments, "-q"]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    [Fact]
    public void Plan_SaysWhatARunNeeds_WithoutLoadingIt()
    {
        var run = Run(0, "plan", s_model, "--task", "ablate", "--memory", "10GiB");
        Assert.Contains("schedule          token-major: it fits", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
        using var json = JsonDocument.Parse(Run(0, "plan", s_model, "--task", "stats", "--memory", "100MiB", "--json").Output);
        var root = json.RootElement;
        Assert.Equal(("layer", false), (root.GetProperty("schedule").GetString(), root.GetProperty("fits").GetBoolean()));
        Assert.Equal(100 << 20, root.GetProperty("budget").GetInt64());
        var (token, layer) = (root.GetProperty("token"), root.GetProperty("layer"));
        Assert.True(layer.GetProperty("weights").GetInt64() < token.GetProperty("weights").GetInt64() / 2);
        Assert.Equal(new FileInfo(Path.Combine(s_model, "model.safetensors")).Length, token.GetProperty("bytesRead").GetInt64(), 20_000.0);
        Assert.True(root.GetProperty("seconds").GetDouble() > 0);
        Assert.Contains("--corpus names the text", CommandRun.Of("plan", s_model).Output, StringComparison.Ordinal);

        // A plan's statistics are what a run of the same options stores.
        Run(0, "stats", s_model, "-o", _folder.File("s"));
        long stored = Bytes("s/statistics.safetensors").Length;
        Assert.InRange(token.GetProperty("sums").GetInt64() + token.GetProperty("documents").GetInt64(), stored - 20_000, stored);
    }

    [Fact]
    public void Neurons_OfAnotherModel_AreRemarkedOn()
    {
        string neurons = _folder.File("n.json", """{"model": "another", "method": "m", "options": {}, "sets": [{"language": "de", "neurons": [{"layer": 0, "part": "Down", "index": 1, "score": 1}]}]}""");
        const string remark = "the neurons were selected in another model";
        Assert.Contains(remark, Run(0, "score", s_model, "--ablate", neurons).Error, StringComparison.Ordinal);
        Assert.Contains(remark, CommandRun.Of("trace", s_model, "--ids", "1,2", "--ablate", neurons, "-o", _folder.File("t.npz")).Error, StringComparison.Ordinal);
        Assert.Contains(remark, CommandRun.Of("generate", s_model, "--ids", "1,2", "--max-new-tokens", "1", "--ablate", neurons).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Study_WithoutTokenizer_LeavesNoFolder()
    {
        Directory.CreateDirectory(_folder.File("model"));
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(s_model, file), _folder.File("model/" + file));
        var run = CommandRun.Of("study", _folder.File("model"), "--corpus", Path.Combine(s_samples, "text"), "-o", _folder.File("run"), "-q");
        Assert.Equal(5, run.Code);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    [SkippableFact]
    public async Task Score_OfAModelLargerThanItsMemory_StaysBelowIt()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "peak memory is read from /proc");
        WriteLargeModel(_folder.File("large"));
        long weights = new FileInfo(_folder.File("large/model.safetensors")).Length;
        const long budget = 224L << 20;
        Assert.True(weights > 2 * budget);
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "babel.dll"), "score", _folder.File("large"), .. s_text, "--memory", "224MiB"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
            await Task.Delay(5);
        }

        Assert.True(process.ExitCode == 0, await error);
        Assert.Contains("layer-major", await error, StringComparison.Ordinal);
        Assert.Contains("de", await output, StringComparison.Ordinal);
        Assert.InRange(peak, 32L << 20, budget);
    }

    private static long PeakOf(int process)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) ?? "VmHWM: 0 kB";
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // it has just ended
        }
    }

    /// <summary>A LLaMA of about 500 MB whose layers all have the same random weights, with the sample's tokenizer.</summary>
    private static void WriteLargeModel(string folder)
    {
        const int width = 512, ffn = 1536, layers = 36;
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(s_model, "*tok*")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_model, "config.json")));
        int vocabulary = config.RootElement.GetProperty("vocab_size").GetInt32();
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            $$"""
            {"model_type": "llama", "hidden_size": {{width}}, "num_hidden_layers": {{layers}}, "num_attention_heads": 8, "intermediate_size": {{ffn}},
             "vocab_size": {{vocabulary}}, "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false}
            """);
        var random = new Random(1);
        float[] numbers = new float[Math.Max(ffn, vocabulary) * width];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (random.NextSingle() - 0.5f) * 0.1f;
        NamedTensor Matrix(string name, int rows, int columns) =>
            new(name, Kernels.DType.F32, [rows, columns], MemoryMarshal.AsBytes(numbers.AsSpan(0, rows * columns)).ToArray());
        NamedTensor Ones(string name) => NamedTensor.Of(name, [.. Enumerable.Repeat(1f, width)], width);
        var tensors = new List<NamedTensor>
        {
            Matrix("model.embed_tokens.weight", vocabulary, width), Matrix("lm_head.weight", vocabulary, width), Ones("model.norm.weight"),
        };
        string[] squares = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"];
        foreach (string at in Enumerable.Range(0, layers).Select(l => $"model.layers.{l}."))
        {
            tensors.AddRange([Ones(at + "input_layernorm.weight"), Ones(at + "post_attention_layernorm.weight")]);
            tensors.AddRange(squares.Select(name => Matrix($"{at}{name}.weight", width, width)));
            tensors.AddRange([Matrix(at + "mlp.gate_proj.weight", ffn, width), Matrix(at + "mlp.up_proj.weight", ffn, width), Matrix(at + "mlp.down_proj.weight", width, ffn)]);
        }

        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static CommandRun Run(int code, string command, string model, params string[] more)
    {
        var run = CommandRun.Of([command, model, .. s_text, .. more]);
        Assert.True(run.Code == code, run.Error);
        return run;
    }

    private byte[] Bytes(string name) => File.ReadAllBytes(_folder.File(name));
}
