using Babel.Analysis.Errors;
using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>What statistics were taken of. Two can be merged when all but <see cref="Producers"/> agree.</summary>
public sealed record StatsHeader
{
    /// <summary>The version of the stored form.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The model's fingerprint.</summary>
    public required string Model { get; init; }

    /// <summary>The tokenizer's fingerprint.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>The model's sizes.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>The longest window documents were cut into.</summary>
    public required int Context { get; init; }

    /// <summary>What was counted.</summary>
    public required StatisticsOptions Options { get; init; }

    /// <summary>What the products were computed in. Statistics stored without it are exact.</summary>
    public Precision Precision { get; init; }

    /// <summary>The programs and devices that took part, sorted, for example <c>babel 0.1.0 cpu</c>.</summary>
    public required IReadOnlyList<string> Producers { get; init; }

    /// <summary>The fields that must agree, by name, as text.</summary>
    public IEnumerable<(string Field, string Value)> Identity()
    {
        yield return ("model", Model);
        yield return ("tokenizer", Tokenizer);
        yield return ("shape", Shape.ToString());
        yield return ("context", $"{Context}");
        yield return ("precision", Precision.Word());
        yield return ("parts", string.Join(',', Options.PartsOf(Shape)));
        yield return ("importance", Options.Importance.ToString());
        yield return ("qkImportance", Options.QkImportance.ToString());
        yield return ("keepDocuments", Options.KeepDocuments.ToString());
    }

    /// <summary>Refuses to put statistics of different things together.</summary>
    /// <exception cref="StoreCorruptException">Names the first field that differs.</exception>
    public void RequireSame(StatsHeader other, string where)
    {
        foreach (var ((field, mine), (_, theirs)) in Identity().Zip(other.Identity()))
        {
            if (mine != theirs)
            {
                throw new StoreCorruptException(
                    $"stored statistics are of another {field}", where, expected: mine, found: theirs,
                    hint: "use another folder for this run, or delete the old one to start again");
            }
        }
    }
}
