using Babel.Analysis.Statistics;

namespace Babel.Analysis.Planning;

/// <summary>What statistics take in memory.</summary>
/// <param name="Sums">Counts and sums of every neuron and language, and the summaries of their importance.</param>
/// <param name="Documents">The importance of every document, kept for the result.</param>
/// <param name="Transient">Besides, while they are taken: sums in float64 that are not finished yet, and blocks not merged yet.</param>
public readonly record struct StatisticsFootprint(long Sums, long Documents, long Transient)
{
    private const long SumsBytes = 8 + (3 * 16) + 4;
    private const long RunningBytes = 3 * 2 * sizeof(double);
    private const long SummaryBytes = 4 + 4 + 16;
    private const long BlockDocuments = 64;

    /// <summary>All of it.</summary>
    public long Bytes => Sums + Documents + Transient;

    /// <summary>The memory of statistics.</summary>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="options">What is counted.</param>
    /// <param name="languages">How many languages.</param>
    /// <param name="documents">How many documents.</param>
    /// <param name="layerMajor">Whether layers are finished one by one, or blocks of documents.</param>
    /// <param name="spooled">Whether the importance of documents waits in a file, layer-major.</param>
    public static StatisticsFootprint Of(
        ModelShape shape, StatisticsOptions options, int languages, int documents, bool layerMajor, bool spooled = false)
    {
        long parts = options.PartsOf(shape).Sum(p => (long)shape.NeuronCount(p)), keys = options.Keys().Sum(k => (long)k.Width(shape));
        long language = shape.Layers * ((parts * SumsBytes) + (keys * SummaryBytes));
        long document = options.KeepDocuments ? shape.Layers * keys * sizeof(float) : 0;
        if (layerMajor)
        {
            long running = (documents * keys * sizeof(double)) + (languages * parts * RunningBytes);
            return new StatisticsFootprint(languages * language, documents * document / (spooled ? shape.Layers : 1), running);
        }

        // A block besides the total, and a language's documents twice while it joins them.
        long inBlock = Math.Min(BlockDocuments, documents), inLanguage = languages == 0 ? 0 : (documents + languages - 1) / languages;
        long block = language + (shape.Layers * parts * RunningBytes) + (inBlock * (document + (shape.Layers * keys * sizeof(double))));
        return new StatisticsFootprint(languages * language, documents * document, documents == 0 ? 0 : block + language + (inLanguage * document));
    }
}
