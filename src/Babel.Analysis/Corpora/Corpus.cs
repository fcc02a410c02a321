using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Babel.Analysis.Corpora;

/// <summary>
/// Documents in several languages, in one fixed order: languages by ordinal comparison of their codes, documents by index. Nothing
/// that is computed from a corpus depends on how its files were named, split or listed, only on this order.
/// </summary>
public sealed class Corpus
{
    private readonly Lazy<string> _fingerprint;

    /// <summary>Puts documents into the fixed order.</summary>
    /// <exception cref="ArgumentException">Two documents of one language have the same index.</exception>
    public Corpus(IEnumerable<Document> documents)
    {
        Documents = [.. documents.OrderBy(d => d.Language, StringComparer.Ordinal).ThenBy(d => d.Index)];
        for (int i = 1; i < Documents.Count; i++)
        {
            var (a, b) = (Documents[i - 1], Documents[i]);
            if (a.Index == b.Index && a.Language == b.Language)
                throw new ArgumentException($"two documents of '{a.Language}' have index {a.Index}", nameof(documents));
        }

        Languages = [.. Documents.Select(d => d.Language).Distinct(StringComparer.Ordinal)];
        _fingerprint = new Lazy<string>(() => FingerprintOf(Documents.Select(d => (d.Language, d.Index, d.Digest()))));
    }

    /// <summary>The codes, in ordinal order.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>All documents, by language, then by index.</summary>
    public IReadOnlyList<Document> Documents { get; }

    /// <summary>
    /// SHA-256 (lower-case hexadecimal) over language, index and text digest of every document in order. The same documents have the same
    /// fingerprint whatever container they came in.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>
    /// Reads a folder, a file, or a pattern in a folder (<c>text/calib.*.txt</c>): <c>NAME.LANG.txt</c> with one document a line, and
    /// <c>*.jsonl</c> with one object a line that has the strings <c>text</c> and <c>lang</c>. Blank lines are skipped. Files of other
    /// kinds in a folder (a README) are passed over; a <c>.txt</c> whose name says no language is an error, because its text would be missed.
    /// </summary>
    /// <param name="path">Folder, file or pattern.</param>
    /// <param name="languages">Keep these languages only; null for all.</param>
    /// <exception cref="Babel.Model.Errors.ModelNotFoundException">Nothing is there, or a wanted language has no document.</exception>
    /// <exception cref="Babel.Model.Errors.ModelFormatException">Not UTF-8, not JSON, a name without language, or no document at all.</exception>
    public static Corpus Load(string path, IReadOnlyCollection<string>? languages = null) => CorpusReader.Read(path, languages);

    /// <summary>The documents a condition holds for, with the indices they have here.</summary>
    public Corpus Where(Func<Document, bool> condition) => new(Documents.Where(condition));

    /// <summary>The documents of one language, by index.</summary>
    public IEnumerable<Document> Of(string language) => Documents.Where(d => d.Language == language);

    /// <summary>The fingerprint of documents known by language, index and text digest alone, given in the fixed order.</summary>
    internal static string FingerprintOf(IEnumerable<(string Language, int Index, byte[] Digest)> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[8];
        foreach (var (language, index, digest) in documents)
        {
            var code = Encoding.UTF8.GetBytes(language);
            BinaryPrimitives.WriteInt32LittleEndian(head, code.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], index);
            hash.AppendData(head);
            hash.AppendData(code);
            hash.AppendData(digest);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
