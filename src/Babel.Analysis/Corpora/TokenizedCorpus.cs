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

    /// <summary>Encodes every document.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="encode">Text to ids, with special tokens.</param>
    /// <param name="bos">The id <paramref name="encode"/> puts first, or null.</param>
    /// <param name="context">The longest window the model takes.</param>
    /// <param name="ct">Checked between documents.</param>
    /// <exception cref="ModelFormatException">A document has no token at all.</exception>
    public static TokenizedCorpus Create(Corpus corpus, Func<string, int[]> encode, int? bos, int context, CancellationToken ct = default)
    {
        var documents = new List<TokenizedDocument>(corpus.Documents.Count);
        foreach (var document in corpus.Documents)
        {
            ct.ThrowIfCancellationRequested();
            var windows = TokenizedDocument.Split(encode(document.Text), context, bos);
            if (windows.Count == 0)
            {
                throw new ModelFormatException(
                    "a document has no token", where: $"language {document.Language}, index {document.Index}",
                    expected: "text the tokenizer knows", found: $"{document.Text.Length} characters, no id", hint: "remove the line");
            }

            documents.Add(new TokenizedDocument(document, windows));
        }

        return new TokenizedCorpus(corpus, documents);
    }
}
