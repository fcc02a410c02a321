using Babel.Analysis.Study;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel study</c> is asked for.</summary>
/// <param name="Options">The study.</param>
/// <param name="Embedded">Whether model and text are the embedded default.</param>
internal sealed record StudyRequest(StudyOptions Options, bool Embedded);
