using Babel.Kernels.Errors;

namespace Babel.Kernels;

/// <summary>
/// How the sequences of a batch lie in its token rows: packed one after the other, without padding, so that a batch costs its tokens
/// and a row's result cannot depend on its neighbours.
/// </summary>
public sealed class SequenceLayout
{
    private readonly SequenceSpan[] _spans;

    /// <summary>Takes sequences whose query rows follow each other without gaps from row 0.</summary>
    /// <exception cref="KernelException">A gap, an empty sequence, or fewer keys than queries.</exception>
    public SequenceLayout(ReadOnlySpan<SequenceSpan> spans)
    {
        int next = 0;
        for (int s = 0; s < spans.Length; s++)
        {
            var span = spans[s];
            if (span.QueryStart != next || span.QueryLength < 1 || span.KeyStart < 0 || span.KeyLength < span.QueryLength)
            {
                throw new KernelException(
                    "the sequences of a batch do not follow each other",
                    where: $"sequence {s}",
                    expected: $"queries from row {next}, at least one, and at least as many keys",
                    found: span.ToString());
            }

            next = checked(next + span.QueryLength);
            LongestQuery = Math.Max(LongestQuery, span.QueryLength);
            LongestKey = Math.Max(LongestKey, span.KeyLength);
        }

        _spans = spans.ToArray();
        Tokens = next;
    }

    /// <summary>The sequences in row order.</summary>
    public ReadOnlySpan<SequenceSpan> Spans => _spans;

    /// <summary>S, how many sequences.</summary>
    public int Count => _spans.Length;

    /// <summary>N, the token rows of all sequences together.</summary>
    public int Tokens { get; }

    /// <summary>The largest query length.</summary>
    public int LongestQuery { get; }

    /// <summary>The largest key length.</summary>
    public int LongestKey { get; }

    /// <summary>Prefill: every sequence attends to itself alone; keys lie where queries lie.</summary>
    public static SequenceLayout Packed(ReadOnlySpan<int> lengths)
    {
        var spans = new SequenceSpan[lengths.Length];
        int start = 0;
        for (int s = 0; s < lengths.Length; s++)
        {
            spans[s] = new SequenceSpan(start, lengths[s], start, lengths[s]);
            start = checked(start + lengths[s]);
        }

        return new SequenceLayout(spans);
    }
}
