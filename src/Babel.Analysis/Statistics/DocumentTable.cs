using Babel.Analysis.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>The documents of one language as arrays, the way they are stored.</summary>
internal sealed class DocumentTable
{
    private const int DigestLength = 32;

    public DocumentTable(int documents)
    {
        Index = new int[documents];
        Tokens = new int[documents];
        Digests = new byte[checked(documents * DigestLength)];
    }

    public DocumentTable(IReadOnlyList<StatsDocument> documents)
        : this(documents.Count)
    {
        for (int i = 0; i < documents.Count; i++)
        {
            Index[i] = documents[i].Index;
            Tokens[i] = documents[i].Tokens;
            Convert.FromHexString(documents[i].Digest).CopyTo(Digests, i * DigestLength);
        }
    }

    public int[] Index { get; }

    public int[] Tokens { get; }

    public byte[] Digests { get; }

    /// <summary>The documents, checked to be in order.</summary>
    public IReadOnlyList<StatsDocument> ToDocuments(string where)
    {
        var documents = new StatsDocument[Index.Length];
        for (int i = 0; i < documents.Length; i++)
        {
            if (Index[i] < 0 || Tokens[i] < 1 || (i > 0 && Index[i] <= Index[i - 1]))
                throw new StoreCorruptException("the documents of stored statistics are out of order", where, found: $"row {i}: index {Index[i]}, {Tokens[i]} tokens");
            documents[i] = new StatsDocument(Index[i], Tokens[i], Convert.ToHexStringLower(Digests.AsSpan(i * DigestLength, DigestLength)));
        }

        return documents;
    }
}
