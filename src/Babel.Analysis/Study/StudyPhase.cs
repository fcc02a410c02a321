namespace Babel.Analysis.Study;

/// <summary>What a study is doing.</summary>
public enum StudyPhase
{
    /// <summary>Hashing files, reading weights; counted in bytes.</summary>
    Load,

    /// <summary>Text to ids; counted in documents.</summary>
    Tokenize,

    /// <summary>One read of the detection text; counted in token rows.</summary>
    Statistics,

    /// <summary>Sets from statistics; not counted.</summary>
    Select,

    /// <summary>Baseline, sets, controls; counted in token rows.</summary>
    Ablate,

    /// <summary>Tables and figures; not counted.</summary>
    Write,
}
