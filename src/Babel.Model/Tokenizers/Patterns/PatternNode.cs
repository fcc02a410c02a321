namespace Babel.Model.Tokenizers.Patterns;

/// <summary>A node of a parsed pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>Whether the node can match without taking a character; a loop over such a node would not end.</summary>
    public abstract bool CanBeEmpty { get; }
}

/// <summary>One code point of a class.</summary>
internal sealed record ClassNode(CodePointSet Set) : PatternNode
{
    public override bool CanBeEmpty => false;
}

/// <summary>One after the other.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Items) : PatternNode
{
    public override bool CanBeEmpty => Items.All(static n => n.CanBeEmpty);
}

/// <summary>The first alternative that lets the rest match.</summary>
internal sealed record AlternationNode(IReadOnlyList<PatternNode> Items) : PatternNode
{
    public override bool CanBeEmpty => Items.Any(static n => n.CanBeEmpty);
}

/// <summary>How a repetition chooses its count.</summary>
internal enum RepeatMode
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>Least..Most times; Most below zero is no bound.</summary>
internal sealed record RepeatNode(PatternNode Body, int Least, int Most, RepeatMode Mode) : PatternNode
{
    public override bool CanBeEmpty => Least == 0 || Body.CanBeEmpty;
}

/// <summary>(?=..), (?!..)</summary>
internal sealed record LookAheadNode(PatternNode Body, bool Negative) : PatternNode
{
    public override bool CanBeEmpty => true;
}

/// <summary>(?>..)</summary>
internal sealed record AtomicNode(PatternNode Body) : PatternNode
{
    public override bool CanBeEmpty => Body.CanBeEmpty;
}

/// <summary>^ and $ are ends of lines in Oniguruma; \A and \z are ends of the text.</summary>
internal enum AnchorKind
{
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
}

/// <summary>A place between characters.</summary>
internal sealed record AnchorNode(AnchorKind Kind) : PatternNode
{
    public override bool CanBeEmpty => true;
}
