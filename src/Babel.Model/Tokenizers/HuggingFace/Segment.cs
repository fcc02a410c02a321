namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>A stretch of text that is an added token, or (Id below zero) text between such.</summary>
internal readonly record struct Segment(int Id, int Start, int End);
