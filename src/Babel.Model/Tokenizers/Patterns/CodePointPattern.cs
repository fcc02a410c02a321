using Babel.Model.Errors;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// A regular expression over the code points of UTF-8 text, with the leftmost, first-alternative, backtracking meaning
/// of Oniguruma. A small instruction list and a stack; look-ahead and atomic groups run it again from inside.
/// </summary>
internal sealed class CodePointPattern : ISplitPattern
{
    /// <summary>Steps a search may take for each byte of its text before the pattern is called hostile.</summary>
    private const long StepsPerByte = 4096;

    private readonly List<Instruction> _program = [];
    private readonly string _where;

    private CodePointPattern(PatternNode root, string where)
    {
        _where = where;
        Emit(root);
        Emit(Op.Match);
    }

    private enum Op
    {
        Class,
        Loop,       // as many of a class as there are, kept: what comes after needs none of them back
        Split,      // go on at A; on failure at B
        Jump,
        Atomic,     // run A.., go on at B from where it ended
        Ahead,      // run A..; go on at B from here
        NotAhead,
        Anchor,
        Match,
    }

    private readonly record struct Instruction(Op Op, int A, int B, CodePointSet? Set, AnchorKind Anchor);

    private readonly record struct Choice(int Pc, int At);

    public static CodePointPattern Compile(string pattern, string where) => new(PatternParser.Parse(pattern, where), where);

    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches)
    {
        var budget = 1_000_000 + (StepsPerByte * text.Length);
        var stack = new Stack<Choice>();
        int previous = 0, at = 0, lastEnd = -1;
        while (at <= text.Length)
        {
            var end = Run(text, 0, at, stack, ref budget);

            // An empty match does not count where the last match ended.
            if (end < 0 || (end == at && at == lastEnd))
            {
                at += at < text.Length ? Utf8.LengthOf(text[at]) : 1;
                continue;
            }

            if (at > previous) matches.Add(new TextSplit(previous, at, IsMatch: false));
            matches.Add(new TextSplit(at, end, IsMatch: true));
            previous = lastEnd = at = end;
        }

        if (previous < text.Length) matches.Add(new TextSplit(previous, text.Length, IsMatch: false));
    }

    // Where the match from `at` ends, or -1. Choices below the entry depth belong to the caller.
    private int Run(ReadOnlySpan<byte> text, int pc, int at, Stack<Choice> stack, ref long budget)
    {
        var floor = stack.Count;
        while (true)
        {
            if (--budget < 0) throw TooSlow();
            var step = _program[pc];
            var ok = true;
            switch (step.Op)
            {
                case Op.Match:
                    while (stack.Count > floor) stack.Pop();
                    return at;
                case Op.Class:
                    ok = TakeOne(text, step.Set!, ref at);
                    pc++;
                    break;
                case Op.Loop:
                    while (TakeOne(text, step.Set!, ref at)) budget--;
                    pc++;
                    break;
                case Op.Split:
                    stack.Push(new Choice(step.B, at));
                    pc = step.A;
                    break;
                case Op.Jump:
                    pc = step.A;
                    break;
                case Op.Atomic:
                    var end = Run(text, step.A, at, stack, ref budget);
                    ok = end >= 0;
                    if (ok) at = end;
                    pc = step.B;
                    break;
                case Op.Ahead or Op.NotAhead:
                    ok = Run(text, step.A, at, stack, ref budget) >= 0 == (step.Op == Op.Ahead);
                    pc = step.B;
                    break;
                default:
                    ok = IsAt(text, at, step.Anchor);
                    pc++;
                    break;
            }

            if (ok) continue;
            if (stack.Count == floor) return -1;
            (pc, at) = stack.Pop();
        }
    }

    private static bool TakeOne(ReadOnlySpan<byte> text, CodePointSet set, ref int at)
    {
        if (at >= text.Length) return false;
        var length = Utf8.Decode(text, at, out var c);
        if (!set.Contains(c)) return false;
        at += length;
        return true;
    }

    private static bool IsAt(ReadOnlySpan<byte> text, int at, AnchorKind anchor) => anchor switch
    {
        AnchorKind.TextStart => at == 0,
        AnchorKind.TextEnd => at == text.Length,
        AnchorKind.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
        _ => at == text.Length || text[at] == '\n',
    };

    private UnsupportedModelException TooSlow() => new(
        "a tokenizer's regular expression backtracks without end on this text", _where,
        $"at most {StepsPerByte} steps a byte", "more", "the pattern is hostile, or needs a scanner of its own");

    private int Emit(Op op, int a = 0, int b = 0, CodePointSet? set = null, AnchorKind anchor = default)
    {
        if (_program.Count > 20_000) throw new UnsupportedModelException("a tokenizer's regular expression is too large", _where);
        _program.Add(new Instruction(op, a, b, set?.Freeze(), anchor));
        return _program.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case ClassNode c: Emit(Op.Class, set: c.Set); break;
            case SequenceNode s:
                foreach (var item in s.Items) Emit(item);
                break;
            case AlternationNode a: EmitAlternation(a); break;
            case RepeatNode r: EmitRepeat(r); break;
            case AtomicNode g: EmitInner(Op.Atomic, g.Body); break;
            case LookAheadNode l: EmitInner(l.Negative ? Op.NotAhead : Op.Ahead, l.Body); break;
            case AnchorNode a: Emit(Op.Anchor, anchor: a.Kind); break;
        }
    }

    private void EmitInner(Op op, PatternNode body)
    {
        var head = Emit(op);
        Emit(body);
        Emit(Op.Match);
        _program[head] = _program[head] with { A = head + 1, B = _program.Count };
    }

    private void EmitAlternation(AlternationNode node)
    {
        var jumps = new List<int>();
        for (var i = 0; i < node.Items.Count; i++)
        {
            var last = i == node.Items.Count - 1;
            var split = last ? -1 : Emit(Op.Split);
            Emit(node.Items[i]);
            if (last) break;
            jumps.Add(Emit(Op.Jump));
            _program[split] = _program[split] with { A = split + 1, B = _program.Count };
        }

        foreach (var jump in jumps) _program[jump] = _program[jump] with { A = _program.Count };
    }

    private void EmitRepeat(RepeatNode node)
    {
        if (node.Mode == RepeatMode.Possessive)
        {
            EmitPossessive(node);
            return;
        }

        for (var i = 0; i < node.Least; i++) Emit(node.Body);
        if (node.Most < 0)
        {
            var split = Emit(Op.Split);
            Emit(node.Body);
            Emit(Op.Jump, split);
            Choose(split, node.Mode);
            return;
        }

        var splits = new List<int>();
        for (var i = node.Least; i < node.Most; i++)
        {
            splits.Add(Emit(Op.Split));
            Emit(node.Body);
        }

        foreach (var split in splits) Choose(split, node.Mode);
    }

    private void Choose(int split, RepeatMode mode)
    {
        var (inside, after) = (split + 1, _program.Count);
        _program[split] = _program[split] with { A = mode == RepeatMode.Lazy ? after : inside, B = mode == RepeatMode.Lazy ? inside : after };
    }

    private void EmitPossessive(RepeatNode node)
    {
        if (node is { Body: ClassNode c, Most: < 0 })
        {
            for (var i = 0; i < node.Least; i++) Emit(c);
            Emit(Op.Loop, set: c.Set);
            return;
        }

        EmitInner(Op.Atomic, node with { Mode = RepeatMode.Greedy });
    }
}
