using Babel.Model.Errors;
using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>One piece of the vocabulary.</summary>
internal readonly record struct Piece(byte[] Text, float Score, PieceType Type);

/// <summary>A parsed tokenizer.model: ModelProto of sentencepiece_model.proto, as far as encoding and decoding need it.</summary>
internal sealed class SentencePieceFile
{
    private SentencePieceFile(string where) => Where = where;

    public string Where { get; }

    public List<Piece> Pieces { get; } = [];

    /// <summary>TrainerSpec.model_type: 1 unigram (the default), 2 BPE, 3 word, 4 character.</summary>
    public int ModelType { get; private set; } = 1;

    public bool ByteFallback { get; private set; }

    public bool WhitespaceAsSuffix { get; private set; }

    public int UnknownId { get; private set; } = -1;

    public int BosId { get; private set; } = 1;

    public int EosId { get; private set; } = 2;

    public int PadId { get; private set; } = -1;

    /// <summary>What an unknown piece is decoded to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public NormalizerRules Normalizer { get; private set; } = NormalizerRules.Default;

    public NormalizerRules? Denormalizer { get; private set; }

    /// <exception cref="ModelFormatException">The bytes are not a consistent SentencePiece model.</exception>
    public static SentencePieceFile Parse(ReadOnlySpan<byte> data, string where)
    {
        var file = new SentencePieceFile(where);
        var reader = new ProtoReader(data, where);
        while (reader.Next())
        {
            if (!reader.IsBytes) continue;
            switch (reader.Field)
            {
                case 1: file.AddPiece(reader.Bytes); break;
                case 2: file.ReadTrainer(reader.Bytes); break;
                case 3: file.Normalizer = file.ReadRules(reader.Bytes, "normalizer_spec"); break;
                case 5:
                    // As there, a denormalizer without rules is none, whatever else it says.
                    var rules = file.ReadRules(reader.Bytes, "denormalizer_spec");
                    file.Denormalizer = rules.Map is null ? null : rules;
                    break;
            }
        }

        file.Check();
        return file;
    }

    private void AddPiece(ReadOnlySpan<byte> message)
    {
        byte[] text = [];
        var score = 0f;
        var type = PieceType.Normal;
        var reader = new ProtoReader(message, $"{Where}, piece {Pieces.Count}");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: text = reader.Bytes.ToArray(); break;
                case 2: score = reader.Single; break;
                case 3: type = (PieceType)reader.Int32; break;
            }
        }

        if (text.Length == 0 || !Utf8Checked(text)) throw Bad($"piece {Pieces.Count} is text", text.Length == 0 ? "nothing" : "bytes that are not UTF-8");
        if (!Enum.IsDefined(type)) throw Bad($"piece {Pieces.Count} is of a known type", $"type {(int)type}");
        if (!float.IsFinite(score)) throw Bad($"piece {Pieces.Count} has a finite score", $"{score}");
        Pieces.Add(new Piece(text, score, type));
    }

    private static bool Utf8Checked(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text) && text.IndexOf((byte)0) < 0;

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message, $"{Where}, trainer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: ModelType = reader.Int32; break;
                case 24: WhitespaceAsSuffix = reader.Flag; break;
                case 35: ByteFallback = reader.Flag; break;
                case 41: BosId = reader.Int32; break;
                case 42: EosId = reader.Int32; break;
                case 43: PadId = reader.Int32; break;
                case 44: UnknownSurface = System.Text.Encoding.UTF8.GetString(reader.Bytes); break;
            }
        }
    }

    private NormalizerRules ReadRules(ReadOnlySpan<byte> message, string name)
    {
        var rules = NormalizerRules.Default;
        var reader = new ProtoReader(message, $"{Where}, {name}");
        while (reader.Next())
        {
            rules = reader.Field switch
            {
                2 => rules with { Map = Charsmap.Read(reader.Bytes, $"{Where}, {name}.precompiled_charsmap") },
                3 => rules with { AddDummyPrefix = reader.Flag },
                4 => rules with { RemoveExtraWhitespaces = reader.Flag },
                5 => rules with { EscapeWhitespaces = reader.Flag },
                _ => rules,
            };
        }

        return rules;
    }

    private void Check()
    {
        if (Pieces.Count == 0) throw Bad("at least one piece", "none");
        var bytes = 0;
        var (matched, reserved) = (new TokenTable(), new TokenTable());
        for (var i = 0; i < Pieces.Count; i++)
        {
            var piece = Pieces[i];
            if (!(piece.Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused ? matched : reserved).Set(piece.Text, i))
                throw Bad($"piece {i} once", System.Text.Encoding.UTF8.GetString(piece.Text) + " again");
            if (piece.Type == PieceType.Unknown)
            {
                if (UnknownId >= 0) throw Bad("one unknown piece", $"pieces {UnknownId} and {i}");
                UnknownId = i;
            }

            if (piece.Type != PieceType.Byte) continue;
            if (ByteToken.ValueOf(System.Text.Encoding.UTF8.GetString(piece.Text)) < 0) throw Bad($"byte piece {i} is <0xNN>", System.Text.Encoding.UTF8.GetString(piece.Text));
            bytes++;
        }

        if (UnknownId < 0) throw Bad("an unknown piece", "none");
        if (bytes > 0 && !ByteFallback) throw Bad("no byte pieces, as byte_fallback is not set", $"{bytes}");
        if (ByteFallback && bytes != 256) throw Bad("256 byte pieces, as byte_fallback is set", $"{bytes}");
        if (BosId >= Pieces.Count) BosId = -1;
        if (EosId >= Pieces.Count) EosId = -1;
        if (PadId >= Pieces.Count) PadId = -1;
        if (ModelType is not (1 or 2))
        {
            throw new UnsupportedModelException("a SentencePiece model is of a kind this version does not encode with", $"{Where}, trainer_spec.model_type",
                "1 (unigram) or 2 (BPE)", ModelType switch { 3 => "3 (word)", 4 => "4 (character)", _ => $"{ModelType}" });
        }
    }

    private ModelFormatException Bad(string expected, string found) => new("a SentencePiece model is inconsistent", Where, expected, found);
}
