using Babel.Analysis.Runs;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;

namespace Babel.Analysis.Study;

/// <summary>Writes the results of a study: a function of the result alone, so that the same result is the same bytes.</summary>
internal static class StudyFiles
{
    /// <summary>Writes everything; returns the names, relative to the folder.</summary>
    public static IReadOnlyList<string> Write(RunFolder folder, StudyResult result)
    {
        var files = new List<string>();
        void Text(string name, string text)
        {
            folder.WriteText(name, text);
            files.Add(name);
        }

        void Set(string name, LanguageNeurons neurons)
        {
            folder.Write(name + ".json", stream => NeuronSetJson.Write(neurons, stream));
            folder.Write(name + ".csv", stream => NeuronSetCsv.Write(neurons, stream));
            files.AddRange([name + ".json", name + ".csv"]);
        }

        folder.Write("summary.json", stream => StudySummary.Write(result, stream));
        files.Add("summary.json");
        Set("neurons", result.Neurons);
        Set("neurons-plnd", result.Plnd);
        Set("neurons-lape", result.Lape);
        Text("layers.csv", StudyTables.Layers(result));
        Text("scores.csv", StudyTables.Scores(result.Ablation));
        Text("deltas.csv", StudyTables.Deltas(result.Ablation));
        Text("controls.csv", StudyTables.Controls(result.Ablation));
        Text("overlap.csv", StudyTables.Overlap(result));
        foreach (var (name, svg) in StudyFigures.Of(result)) Text($"figures/{name}.svg", svg);
        folder.Note(BlockStore.ResultName);
        files.Add(BlockStore.ResultName);
        files.Add("manifest.json");
        return files;
    }
}
