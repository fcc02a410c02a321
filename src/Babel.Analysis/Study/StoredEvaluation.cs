using System.Text.Json;
using Babel.Analysis.Ablation;
using Babel.Analysis.Errors;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Model;

namespace Babel.Analysis.Study;

/// <summary>
/// What the ablation was measured on, as the journal keeps it, so that a finished study can be shown again without model or text.
/// </summary>
/// <param name="Identity">The key of all that determines a pass besides its mask.</param>
/// <param name="Rows">Token rows of a pass.</param>
/// <param name="Documents">The documents of the NLL lists.</param>
internal sealed record StoredEvaluation(string Identity, long Rows, IReadOnlyList<EvaluatedDocument> Documents)
{
    // One a run folder; what a run is determined by is in the folder's manifest already.
    private static readonly string Key = ContentKey.Of("evaluation documents 1");

    /// <summary>Keeps the documents of a scorer, or checks them against those kept.</summary>
    public static StoredEvaluation Keep(Journal journal, LanguageModel model, Scorer scorer)
    {
        var evaluation = new StoredEvaluation(AblationRunner.IdentityOf(model, scorer), scorer.Rows, scorer.Documents);
        if (Find(journal) is { } stored)
        {
            return stored.Identity == evaluation.Identity
                ? stored
                : throw new StoreCorruptException(
                    "a journal belongs to other documents or another model", journal.Path, evaluation.Identity, stored.Identity,
                    "delete the journal to compute its results again");
        }

        journal.Append(Key, "evaluation documents", evaluation.Write);
        return evaluation;
    }

    /// <summary>What is kept, or null.</summary>
    public static StoredEvaluation? Find(Journal journal)
    {
        using var entry = journal.Find(Key);
        if (entry is null) return null;
        var root = entry.RootElement;
        return new StoredEvaluation(
            root.GetProperty("identity").GetString()!, root.GetProperty("rows").GetInt64(),
            [
                .. root.GetProperty("documents").EnumerateArray().Select(d => new EvaluatedDocument(
                    d.GetProperty("language").GetString()!, d.GetProperty("index").GetInt32(), d.GetProperty("tokens").GetInt32(),
                    d.GetProperty("bytes").GetInt64())),
            ]);
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("identity", Identity);
        json.WriteNumber("rows", Rows);
        json.WriteStartArray("documents");
        foreach (var document in Documents)
        {
            json.WriteStartObject();
            json.WriteString("language", document.Language);
            json.WriteNumber("index", document.Index);
            json.WriteNumber("tokens", document.Tokens);
            json.WriteNumber("bytes", document.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
