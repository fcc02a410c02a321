using System.Runtime.ExceptionServices;
using Babel.Model.Errors;
using Babel.Model.Tokenizers;

namespace Babel.Analysis.Corpora;

/// <summary>A corpus as token ids, in the corpus' order.</summary>
public sealed class TokenizedCorpus
{
    private TokenizedCorpus(Corpus corpus, IReadOnlyList<TokenizedDocument> documents)
    {
        Corpus = corpus;
        Documents = documents;
    }

    /// <summary>The text.</summary>
    public Corpus Corpus { get; }

    /// <summary>The documents, one for one with <see cref="Corpora.Corpus.Documents"/>.</summary>
    public IReadOnlyList<TokenizedDocument> Documents { get; }

    /// <summary>All token rows together.</summary>
    public long Tokens => Documents.Sum(d => (long)d.Tokens);

    /// <summary>How many documents were longer than the context and lie in several windows; to be reported.</summary>
    public int SplitDocuments => Documents.Count(d => d.Windows.Count > 1);

    /// <summary>Encodes every document with its special tokens.</summary>
    /// <exception cref="ModelFormatException">A document has no token at all.</exception>
    public static TokenizedCorpus Create(Corpus corpus, Tokenizer tokenizer, int context, CancellationToken ct = default) =>
        Create(corpus, text => tokenizer.Encode(text, addSpecialTokens: true), tokenizer.BosId, context, ct);

    /// <summary>Encodes every document, on all processors; the result does not depend on how many there are.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="encode">Text to ids, with special tokens; called from several threads at once.</param>
    /// <param name="bos">The id <paramref name="encode"/> puts first, or null.</param>
    /// <param name="context">The longest window the model takes.</param>
    /// <param name="ct">Checked between documents.</param>
    /// <exception cref="ModelFormatException">A document has no token at all; the first one is named.</exception>
    public static TokenizedCorpus Create(Corpus corpus, Func<string, int[]> encode, int? bos, int context, CancellationToken ct = default)
    {
        var documents = new TokenizedDocument[corpus.Documents.Count];
        var errors = new ExceptionDispatchInfo?[documents.Length];
        Parallel.For(0, documents.Length, new ParallelOptions { CancellationToken = ct }, (i, loop) =>
        {
            try
            {
                var document = corpus.Documents[i];
                documents[i] = new TokenizedDocument(document, TokenizedDocument.Split(encode(document.Text), context, bos));
            }
            catch (Exception e)
            {
                // All documents before this one are still encoded: whichever threads ran first, the first error in the corpus' order is thrown, as it was.
                errors[i] = ExceptionDispatchInfo.Capture(e);
                loop.Break();
            }
        });
        Array.Find(errors, e => e is not null)?.Throw();
        if (Array.Find(documents, d => d.Windows.Count == 0) is not { Document: var empty }) return new TokenizedCorpus(corpus, documents);
        throw new ModelFormatException(
            "a document has no token", where: $"language {empty.Language}, index {empty.Index}",
            expected: "text the tokenizer knows", found: $"{empty.Text.Length} characters, no id", hint: "remove the line");
    }
}
