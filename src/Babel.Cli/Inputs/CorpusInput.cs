using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Cli.Output;
using Babel.Model;
using Babel.Model.Errors;
using Babel.Model.Tokenizers;

namespace Babel.Cli.Inputs;

/// <summary>A corpus read and turned into the model's tokens.</summary>
/// <param name="Text">The documents.</param>
/// <param name="Tokens">Their ids, in windows of at most <paramref name="Context"/>.</param>
/// <param name="Context">The longest window.</param>
internal sealed record CorpusInput(Corpus Text, TokenizedCorpus Tokens, int Context)
{
    /// <summary>Reads the documents asked for; done before a model is loaded, so that a wrong path is known at once.</summary>
    /// <exception cref="ModelNotFoundException">Nothing is there, or nothing is left.</exception>
    public static Corpus Read(CorpusRequest request)
    {
        var corpus = Corpus.Load(request.Path, request.Languages);
        if (request.Limit is not { } limit) return corpus;
        var kept = corpus.Where(d => d.Index < limit);
        return kept.Documents.Count > 0
            ? kept
            : throw new ModelNotFoundException("no document is left", where: request.Path, expected: $"documents with an index below {limit}");
    }

    /// <summary>What scoring this text means for memory.</summary>
    /// <param name="request">How it is read.</param>
    /// <param name="passes">How often it is scored.</param>
    public Workload Work(CorpusRequest request, int passes) => Reading(request) with { ScorePasses = passes };

    /// <summary>What taking statistics of this text means for memory.</summary>
    /// <param name="request">How it is read.</param>
    /// <param name="statistics">What is counted.</param>
    public Workload Work(CorpusRequest request, StatisticsOptions statistics) => Reading(request, isCounted: true) with { Statistics = statistics };

    /// <summary>Encodes; says on stderr how many documents are longer than a window.</summary>
    public static CorpusInput Encode(Corpus text, CorpusRequest request, ModelSession session, CommandContext context) =>
        Encode(text, request, session.Footprint.Spec, session.Tokenizer, context);

    /// <summary>Encodes; says on stderr how many documents are longer than a window.</summary>
    public static CorpusInput Encode(Corpus text, CorpusRequest request, DecoderSpec spec, Tokenizer tokenizer, CommandContext context)
    {
        int window = WindowLength.Of(request.Context, spec);
        int encoded = 0;
        int[] Ids(string document)
        {
            context.Progress.Report("encoding", Interlocked.Increment(ref encoded), text.Documents.Count);
            return tokenizer.Encode(document, addSpecialTokens: true);
        }

        var tokens = TokenizedCorpus.Create(text, Ids, tokenizer.BosId, window, context.Cancellation);
        if (tokens.SplitDocuments > 0)
        {
            context.Progress.Say(
                $"{Format.Count(tokens.SplitDocuments)} documents are longer than {Format.Count(window)} tokens and run in several windows; nothing is cut off");
        }

        return new CorpusInput(text, tokens, window);
    }

    private Workload Reading(CorpusRequest request, bool isCounted = false) =>
        new Workload { BatchTokens = request.BatchTokens, TextBytes = TextFootprint.Of(Text) }.With(isCounted ? Tokens : null, isCounted ? null : Tokens);
}
