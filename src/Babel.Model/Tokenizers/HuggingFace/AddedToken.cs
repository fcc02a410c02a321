namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>An entry of added_tokens: a text that is cut out whole before the model sees anything.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text.</param>
/// <param name="Pattern">What is looked for: the text, normalized where <paramref name="Normalized"/>. Also what it decodes from.</param>
/// <param name="SingleWord">Whether it may not touch word characters.</param>
/// <param name="StripLeft">Whether it swallows white space before it.</param>
/// <param name="StripRight">Whether it swallows white space after it.</param>
/// <param name="Normalized">Whether it is looked for after normalization.</param>
/// <param name="Special">Whether decoding may leave it out.</param>
internal sealed record AddedToken(
    int Id, string Content, byte[] Pattern, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);
