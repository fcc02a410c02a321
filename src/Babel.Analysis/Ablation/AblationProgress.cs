namespace Babel.Analysis.Ablation;

/// <summary>How far an ablation has come.</summary>
/// <param name="Pass">What is being run, for people: <c>baseline</c>, <c>set de</c>, <c>control de, seed 3</c>.</param>
/// <param name="PassesDone">Finished passes, those taken from the journal included.</param>
/// <param name="Passes">All passes.</param>
/// <param name="RowsDone">Token rows computed now, over all passes; passes from the journal cost none.</param>
/// <param name="Rows">Token rows to be computed now.</param>
public readonly record struct AblationProgress(string Pass, int PassesDone, int Passes, long RowsDone, long Rows);
