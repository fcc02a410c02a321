namespace Babel.Analysis.Study;

/// <summary>Which documents the neurons are found on, and which the ablation is measured on.</summary>
public enum EvaluationSplit
{
    /// <summary>
    /// Blocks of documents in turn: neurons are found on one half and measured on the other, so that what is measured is the language and not
    /// the documents. The default.
    /// </summary>
    HeldOut,

    /// <summary>All documents for both. Twice the text for each, but a set may then owe some of its effect to the very documents.</summary>
    All,
}
