using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model;

/// <summary>
/// Token rows on the device, packed one sequence after the other without padding: a batch costs its tokens, and a row's result cannot
/// depend on its neighbours. Belongs to the model it was packed for.
/// </summary>
public sealed class Batch : IDisposable
{
    /// <summary>Positions without a table of the model's have rows of angles computed for them, which has to end somewhere.</summary>
    private const int MostRotaryPositions = 1 << 20;

    private readonly List<Tensor> _owned = [];
    private readonly Device _device;
    private readonly (int Row, int Column)[] _origins;

    private Batch(LanguageModel model, BatchRows rows)
    {
        var spec = model.Spec;
        _device = model.Device;
        Layout = rows.Layout;
        _origins = rows.Origins;
        Check(spec, rows);
        try
        {
            var shape = new Shape(Tokens);
            Ids = Own(model.Device.FromInts(rows.Ids, shape));
            if (rows.Targets is { } targets) Targets = Own(model.Device.FromInts(targets, shape));
            if (rows.CacheRows is { } cache) CacheRows = Own(model.Device.FromInts(cache, shape));
            if (spec.HasPositionTable)
                PositionRows = Own(model.Device.FromInts(Array.ConvertAll(rows.Positions, p => p + spec.PositionOffset), shape));
            Rotary = model.Rotary?.For(rows.Positions, Layout, _owned);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the sequences lie.</summary>
    public SequenceLayout Layout { get; }

    /// <summary>N, the token rows.</summary>
    public int Tokens => Layout.Tokens;

    /// <summary>I32 [N] token ids.</summary>
    internal TensorView Ids { get; }

    /// <summary>I32 [N] the ids to be predicted, -1 for none; null where the batch was packed without.</summary>
    internal TensorView? Targets { get; }

    /// <summary>I32 [N] rows of the position table; null where the model has none.</summary>
    internal TensorView? PositionRows { get; }

    /// <summary>The rotation of every row; null where the model has none.</summary>
    internal RotaryTable? Rotary { get; }

    /// <summary>I32 [N] rows of a key/value cache that take this batch's keys; null without a cache.</summary>
    internal TensorView? CacheRows { get; }

    /// <summary>Packs sequences; with <paramref name="targets"/>, row n's target is the next token of its sequence, -1 at the end.</summary>
    /// <exception cref="ModelInputException">An empty sequence, an id beyond the vocabulary, or a sequence beyond a table of positions.</exception>
    public static Batch Pack(LanguageModel model, IReadOnlyList<int[]> sequences, bool targets = true)
    {
        var positions = sequences.Select(s => Enumerable.Range(0, s.Length).ToArray()).ToList();
        var origins = new List<(int Row, int Column)>();
        for (int s = 0; s < sequences.Count; s++)
        {
            for (int t = 0; t < sequences[s].Length; t++) origins.Add((s, t));
        }

        return Create(model, sequences, positions, targets, [.. origins]);
    }

    /// <summary>
    /// Packs a padded batch: pads are dropped. Positions are <paramref name="positionIds"/> where given; otherwise what the family computes by itself:
    /// tokens before (OPT), or the column (all others; for BLOOM it makes no difference).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">[B, T].</param>
    /// <param name="mask">[B, T], 1 for tokens, 0 for pads; the tokens of a row are consecutive. Null for no padding.</param>
    /// <param name="positionIds">[B, T], entries of pads unused; null for the family's convention.</param>
    /// <exception cref="ModelInputException">As for <see cref="Pack"/>; also a row without tokens, or tokens with pads between.</exception>
    public static Batch FromPadded(LanguageModel model, int[,] ids, int[,]? mask, int[,]? positionIds)
    {
        int rows = ids.GetLength(0), columns = ids.GetLength(1);
        CheckSize("attention mask", mask, rows, columns);
        CheckSize("position ids", positionIds, rows, columns);
        var sequences = new List<int[]>();
        var positions = new List<int[]>();
        var origins = new List<(int Row, int Column)>();
        for (int b = 0; b < rows; b++)
        {
            var (start, end) = TokensOf(mask, b, columns);
            sequences.Add([.. Enumerable.Range(start, end - start).Select(t => ids[b, t])]);
            positions.Add([.. Enumerable.Range(start, end - start).Select(t => positionIds?[b, t] ?? (model.Spec.PositionsFromMask ? t - start : t))]);
            for (int t = start; t < end; t++) origins.Add((b, t));
        }

        return Create(model, sequences, positions, targets: true, [.. origins]);
    }

    /// <summary>Where a packed row stood: row and column of the padded batch, or sequence and token of packed sequences.</summary>
    public (int Row, int Column) Origin(int tokenRow) => _origins[tokenRow];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _owned) tensor.Dispose();
        _owned.Clear();
        _device.Release(Layout);
    }

    internal static Batch Create(LanguageModel model, BatchRows rows) => new(model, rows);

    private static Batch Create(
        LanguageModel model, IReadOnlyList<int[]> sequences, List<int[]> positions, bool targets, (int Row, int Column)[] origins)
    {
        for (int s = 0; s < sequences.Count; s++)
        {
            if (sequences[s].Length == 0) throw new ModelInputException("a sequence of a batch is empty", $"sequence {s}", "at least one token");
        }

        if (sequences.Count == 0) throw new ModelInputException("a batch is empty", expected: "at least one sequence");
        return new Batch(model, new BatchRows
        {
            Layout = SequenceLayout.Packed([.. sequences.Select(s => s.Length)]),
            Ids = [.. sequences.SelectMany(s => s)],
            Positions = [.. positions.SelectMany(p => p)],
            Targets = targets ? [.. sequences.SelectMany(s => s.Skip(1).Append(-1))] : null,
            Origins = origins,
        });
    }

    private static void Check(DecoderSpec spec, BatchRows rows)
    {
        // Tensors may be larger than an array, what is brought to the host of one may not.
        int widest = Math.Max(spec.ModelWidth, Math.Max(spec.FfnWidth, spec.QueryWidth));
        if ((long)rows.Ids.Length * widest > Array.MaxLength)
        {
            throw new ModelInputException(
                "a batch is too large", expected: $"at most {Array.MaxLength / widest} tokens of {widest} neurons", found: $"{rows.Ids.Length} tokens",
                hint: "take smaller batches (--batch-tokens) and, where one text is as long, shorter windows (--context)");
        }

        for (int n = 0; n < rows.Ids.Length; n++)
        {
            var (row, column) = rows.Origins[n];
            if ((uint)rows.Ids[n] >= (uint)spec.Vocabulary)
            {
                throw new ModelInputException(
                    "a token is not in the vocabulary", $"sequence {row}, token {column}", $"0 to {spec.Vocabulary - 1}", $"{rows.Ids[n]}", "the tokenizer may belong to another model");
            }

            int positions = spec.HasPositionTable ? spec.MaxPositions : MostRotaryPositions;
            if (rows.Positions[n] >= 0 && rows.Positions[n] < positions) continue;
            throw new ModelInputException(
                spec.HasPositionTable ? "a position is beyond the model's table" : "a position is negative or too large",
                $"sequence {row}, token {column}",
                $"0 to {positions - 1}",
                $"{rows.Positions[n]}",
                "split the text into windows of the model's length");
        }
    }

    private static void CheckSize(string what, int[,]? table, int rows, int columns)
    {
        if (table is null || (table.GetLength(0) == rows && table.GetLength(1) == columns)) return;
        throw new ModelInputException(
            "a padded batch does not fit its ids", what, $"[{rows},{columns}]", $"[{table.GetLength(0)},{table.GetLength(1)}]");
    }

    private static (int Start, int End) TokensOf(int[,]? mask, int row, int columns)
    {
        if (mask is null) return (0, columns);
        int start = 0;
        while (start < columns && mask[row, start] == 0) start++;
        int end = start;
        while (end < columns && mask[row, end] != 0) end++;
        for (int t = end; t < columns; t++)
        {
            if (mask[row, t] != 0)
                throw new ModelInputException("a row of the mask has pads between its tokens", $"row {row}, column {t}", "one run of 1s");
        }

        return start < end ? (start, end) : throw new ModelInputException("a row of the mask has no tokens", $"row {row}", "at least one 1");
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor;
    }
}
