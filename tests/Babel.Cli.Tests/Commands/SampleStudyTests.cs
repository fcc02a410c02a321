using System.Text.Json;
using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>
/// The first command of the README, whole: what it promises about the embedded model and text, on documents the selection has not seen.
/// </summary>
[Collection(nameof(SampleStudyTests))]
public sealed class SampleStudyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Study_OfTheSample_ShowsThatEveryLanguageHasNeuronsOfItsOwn()
    {
        var run = CommandRun.Of("study", "--out", _folder.File("run"), "--json", "-q");
        Assert.True(run.Code == 0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var rows = json.RootElement.GetProperty("summary").GetProperty("ablation").EnumerateArray().ToList();
        Assert.Equal(8, rows.Count);
        foreach (var row in rows)
        {
            double own = row.GetProperty("ownDeltaNll").GetDouble(), others = row.GetProperty("meanOfOthersDeltaNll").GetDouble();
            Assert.InRange(row.GetProperty("neurons").GetInt32(), 1, 6 * 688 / 50);
            Assert.True(own > 0 && own >= 5 * others, $"{row.GetProperty("set")}: {own} against {others}");
        }

        // z: how many standard deviations of the random sets the language's own set lies above their mean.
        Assert.InRange(rows.Count(r => r.GetProperty("z").GetDouble() > 3), 7, 8);
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>Runs alone: it keeps all processors busy for a minute or two, and other tests watch the clock.</summary>
[CollectionDefinition(nameof(SampleStudyTests), DisableParallelization = true)]
public sealed class SampleStudyCollection;
