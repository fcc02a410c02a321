using System.Globalization;
using System.Text;

namespace Babel.Analysis.Selection;

/// <summary>Neuron sets as a table: <c>language,rank,layer,part,index,score,hits,minImp,meanImp</c>, one row a neuron, empty where a method has no such number.</summary>
public static class NeuronSetCsv
{
    /// <summary>Writes the table, UTF-8, LF.</summary>
    public static void Write(LanguageNeurons neurons, Stream stream)
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        text.WriteLine("language,rank,layer,part,index,score,hits,minImp,meanImp");
        foreach (var set in neurons.Sets)
        {
            for (int i = 0; i < set.Neurons.Count; i++)
            {
                var n = set.Neurons[i];
                text.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{set.Language},{i + 1},{n.Id.Layer},{n.Id.Part},{n.Id.Index},{n.Score:R},{n.Hits},{n.MinImportance:R},{n.MeanImportance:R}"));
            }
        }
    }
}
