namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Every case of every operator.</summary>
internal static class CaseTable
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        .. RowCases.All,
        .. NormCases.All,
        .. ProductCases.All,
        .. AttentionCases.All,
        .. ScoreCases.All,
    ];
}
