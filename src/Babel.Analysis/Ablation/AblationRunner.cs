using System.Text.Json;
using Babel.Analysis.Errors;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Ablation;

/// <summary>
/// Runs the baseline, every set and every random control over the same documents, and lays the changes side by side. With a journal every
/// finished pass is stored under a key of all that determines it (model and device, documents, the neurons off), so that no pass is computed
/// twice, neither after an interruption nor when two sets are the same.
/// </summary>
public sealed class AblationRunner
{
    private readonly ModelShape _shape;
    private readonly IReadOnlyList<EvaluatedDocument> _documents;
    private readonly ScorePasses _score;
    private readonly int _passesAtOnce;
    private readonly long _rows;
    private readonly string _identity;
    private readonly Journal? _journal;
    private readonly Dictionary<string, double[]> _done = new(StringComparer.Ordinal);

    /// <summary>Some passes computed together: the NLL of every document with each pass' units off.</summary>
    private delegate IReadOnlyList<double[]> ScorePasses(IReadOnlyList<IReadOnlyList<NeuronId>> passes, Action<long> report, CancellationToken ct);

    /// <summary>Prepares the passes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scorer">The documents, on the model's device.</param>
    /// <param name="journal">Where finished passes are kept, or null.</param>
    public AblationRunner(LanguageModel model, Scorer scorer, Journal? journal = null)
        : this(
            ModelShape.Of(model.Spec), scorer.Documents,
            (passes, report, ct) => scorer.Score([.. passes.Select(units => units.Count == 0 ? null : NeuronMask.Off(model.Spec, units))], report, ct),
            scorer.PassesAtOnce, scorer.Rows, IdentityOf(model, scorer), journal)
    {
    }

    /// <summary>Prepares passes that are computed by something else than a scorer.</summary>
    /// <param name="shape">The model's sizes: neurons to draw controls from.</param>
    /// <param name="documents">What a pass scores.</param>
    /// <param name="score">A pass: NLL of every document with the given units off, none for the baseline; reports token rows done.</param>
    /// <param name="rows">Token rows of a pass.</param>
    /// <param name="identity">A key of all that determines a pass besides its mask.</param>
    /// <param name="journal">Where finished passes are kept, or null.</param>
    public AblationRunner(
        ModelShape shape, IReadOnlyList<EvaluatedDocument> documents,
        Func<IReadOnlyList<NeuronId>, Action<long>, CancellationToken, double[]> score, long rows, string identity, Journal? journal)
        : this(shape, documents, (passes, report, ct) => [score(passes[0], report, ct)], 1, rows, identity, journal)
    {
    }

    private AblationRunner(
        ModelShape shape, IReadOnlyList<EvaluatedDocument> documents, ScorePasses score, int passesAtOnce, long rows, string identity, Journal? journal)
    {
        _shape = shape;
        _documents = documents;
        _score = score;
        _passesAtOnce = passesAtOnce;
        _rows = rows;
        _identity = identity;
        _journal = journal;
    }

    /// <summary>What determines a pass besides its mask: model, device, precision and documents.</summary>
    public static string IdentityOf(LanguageModel model, Scorer scorer) => model.Device.Precision switch
    {
        // Passes kept before there was a choice are exact, and stay valid.
        Precision.Exact => ContentKey.Of(model.Fingerprint, model.Device.Name, scorer.Fingerprint),
        var other => ContentKey.Of(model.Fingerprint, model.Device.Name, scorer.Fingerprint, other.Word()),
    };

    /// <summary>Runs what the journal does not hold yet, and assembles the result.</summary>
    /// <param name="sets">The sets, a name each.</param>
    /// <param name="options">Controls and seeds.</param>
    /// <param name="progress">Called after every batch.</param>
    /// <param name="ct">Checked between layers; finished passes stay in the journal.</param>
    public AblationResult Run(
        IReadOnlyList<AblationSet> sets, AblationOptions options, Action<AblationProgress>? progress = null, CancellationToken ct = default)
    {
        var passes = Plan(sets, options);
        foreach (var pass in passes)
        {
            if (Stored(pass.Key) is { } nll) _done[pass.Key] = nll;
        }

        var missing = passes.Where(p => !_done.ContainsKey(p.Key)).DistinctBy(p => p.Key, StringComparer.Ordinal).ToList();
        int stored = passes.Count - missing.Count;
        int done = 0;
        foreach (var group in missing.Chunk(_passesAtOnce))
        {
            string label = group.Length == 1 ? group[0].Label : $"{group[0].Label} and {group.Length - 1} more";
            void Report(long rows) => progress?.Invoke(new AblationProgress(
                label, stored + done, passes.Count, (done * _rows) + rows, missing.Count * _rows));
            Report(0);
            Compute(group, Report, ct);
            done += group.Length;
        }

        progress?.Invoke(new AblationProgress("", passes.Count, passes.Count, missing.Count * _rows, missing.Count * _rows));
        return Assemble(sets, options, passes);
    }

    // Baseline first, then the sets, then the controls seed by seed: an interrupted run has the most telling numbers.
    private List<Pass> Plan(IReadOnlyList<AblationSet> sets, AblationOptions options)
    {
        var passes = new List<Pass> { NewPass("baseline", []) };
        passes.AddRange(sets.Select(s => NewPass($"set {s.Name}", NeuronUnits.Of(s.Neurons))));
        foreach (long seed in options.Seeds)
            passes.AddRange(sets.Select(s => NewPass($"control {s.Name}, seed {seed}", RandomControls.Draw(_shape, s.Neurons, seed, s.Name))));
        return passes;
    }

    private Pass NewPass(string label, IReadOnlyList<NeuronId> units)
    {
        using var key = new ContentKey();
        key.Add("ablation pass 1").Add(_identity).Add(units.Count);
        foreach (var unit in units) key.Add(unit.ToString());
        return new Pass(label, units, key.Finish());
    }

    private void Compute(Pass[] group, Action<long> report, CancellationToken ct)
    {
        var scores = _score([.. group.Select(p => p.Units)], report, ct);
        foreach (var (pass, nll) in group.Zip(scores))
        {
            _journal?.Append(pass.Key, pass.Label, writer =>
            {
                writer.WriteStartArray();
                foreach (double value in nll) writer.WriteNumberValue(value);
                writer.WriteEndArray();
            });
            _done.Add(pass.Key, nll);
        }
    }

    private double[]? Stored(string key)
    {
        using var entry = _journal?.Find(key);
        if (entry is null) return null;
        var root = entry.RootElement;
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() == _documents.Count)
            return [.. root.EnumerateArray().Select(v => v.GetDouble())];
        throw new StoreCorruptException(
            "a stored pass does not fit its documents", where: _journal!.Path, expected: $"{_documents.Count} numbers",
            found: root.ValueKind.ToString(), hint: "delete the journal to compute its results again");
    }

    private AblationResult Assemble(IReadOnlyList<AblationSet> sets, AblationOptions options, List<Pass> passes)
    {
        double[] baseline = _done[passes[0].Key];
        var rows = new List<AblationRow>();
        for (int s = 0; s < sets.Count; s++)
        {
            var deltas = ScoreTable.Deltas(_documents, baseline, _done[passes[1 + s].Key]);
            var controls = Enumerable.Range(1, options.Controls)
                .Select(c => ScoreTable.Deltas(_documents, baseline, _done[passes[1 + s + c * sets.Count].Key])).ToList();
            var cells = deltas.Select((d, l) => new AblationCell(d, [.. controls.Select(c => c[l].Nll.Value)])).ToList();
            rows.Add(new AblationRow(sets[s].Name, passes[1 + s].Units.Count, cells));
        }

        return new AblationResult(ScoreTable.Scores(_documents, baseline), rows, options.Seeds);
    }

    private sealed record Pass(string Label, IReadOnlyList<NeuronId> Units, string Key);
}
