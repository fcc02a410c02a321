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

    /// <summary>Bytes of the stored result, without its header: G L (60 n + 24 m) + 4 L m a document, n neurons of the parts and m importances a layer.</summary>
    public static long StoredBytes(ModelShape shape, StatisticsOptions options, int languages, int documents) =>
        (languages * LanguageBytes(shape, options)) + (documents * DocumentBytes(shape, options));

    /// <summary>Everything in memory, taken by blocks of documents: a block besides the total, and a language's documents twice while it joins them.</summary>
    public static StatisticsFootprint TokenMajor(ModelShape shape, StatisticsOptions options, int languages, int documents)
    {
        long language = LanguageBytes(shape, options), document = DocumentBytes(shape, options);
        long inBlock = Math.Min(BlockDocuments, documents), inLanguage = languages == 0 ? 0 : (documents + languages - 1) / languages;
        long block = language + (shape.Layers * Parts(shape, options) * RunningBytes) + (inBlock * (document + (shape.Layers * RunningOf(shape, options))));
        return new StatisticsFootprint(languages * language, documents * document, documents == 0 ? 0 : block + language + (inLanguage * document));
    }

    /// <summary>Everything in memory, taken layer by layer of all documents at once.</summary>
    public static StatisticsFootprint LayerMajor(ModelShape shape, StatisticsOptions options, int languages, int documents) => new(
        languages * LanguageBytes(shape, options), documents * DocumentBytes(shape, options), Running(shape, options, languages, documents));

    /// <summary>
    /// Finished layers in a file: of every count and sum one layer is in memory, of the importance of documents a page. When units are put together, there are
    /// three of them: so far, new, and both.
    /// </summary>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="options">What is counted.</param>
    /// <param name="languages">How many languages.</param>
    /// <param name="documents">How many documents.</param>
    /// <param name="atOnce">How many of them are read at once.</param>
    public static StatisticsFootprint Spooled(ModelShape shape, StatisticsOptions options, int languages, int documents, int atOnce)
    {
        long sums = languages * LanguageBytes(shape, options) / shape.Layers, inLanguage = languages == 0 ? 0 : (documents + languages - 1) / languages;
        long pages = !options.KeepDocuments ? 0 : options.Keys().Sum(k => Math.Min(Math.Max(ImportanceStats.PageNumbers, k.Width(shape)), inLanguage * k.Width(shape)));
        long held = languages * pages * sizeof(float);
        return new StatisticsFootprint(sums, held, Math.Max(Running(shape, options, languages, atOnce), 2 * (sums + held)));
    }

    /// <summary>Bytes a document's sums take in float64 while a layer is read: 8 for every importance of the layer.</summary>
    public static long RunningOf(ModelShape shape, StatisticsOptions options) => Importances(shape, options) * sizeof(double);

    private static long Running(ModelShape shape, StatisticsOptions options, int languages, int documents) =>
        (documents * RunningOf(shape, options)) + (languages * Parts(shape, options) * RunningBytes);

    private static long LanguageBytes(ModelShape shape, StatisticsOptions options) =>
        shape.Layers * ((Parts(shape, options) * SumsBytes) + (Importances(shape, options) * SummaryBytes));

    private static long DocumentBytes(ModelShape shape, StatisticsOptions options) =>
        options.KeepDocuments ? shape.Layers * Importances(shape, options) * sizeof(float) : 0;

    private static long Parts(ModelShape shape, StatisticsOptions options) => options.PartsOf(shape).Sum(p => (long)shape.NeuronCount(p));

    private static long Importances(ModelShape shape, StatisticsOptions options) => options.Keys().Sum(k => (long)k.Width(shape));
}
