namespace Babel.Analysis.Plnd;

/// <summary>What happens to neurons that several languages share, after selection.</summary>
public enum OverlapRule
{
    /// <summary>They stay in every set: the paper's definition compares nothing.</summary>
    Keep,

    /// <summary>Neurons of the pivot language's set (English) leave the other sets; the pivot keeps its own.</summary>
    MinusEnglish,

    /// <summary>Neurons that are in the sets of all languages leave every set: what the released enhancement script does.</summary>
    MinusCommon,
}
