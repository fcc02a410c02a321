namespace Babel.Analysis.Study;

/// <summary>One language of the text a study used.</summary>
/// <param name="Language">The language.</param>
/// <param name="DetectionDocuments">Documents the neurons were found on.</param>
/// <param name="DetectionTokens">Their token rows.</param>
/// <param name="EvaluationDocuments">Documents the ablation was measured on.</param>
/// <param name="EvaluationTokens">Their scored tokens.</param>
public sealed record StudyCorpusRow(
    string Language, int DetectionDocuments, long DetectionTokens, int EvaluationDocuments, long EvaluationTokens);
