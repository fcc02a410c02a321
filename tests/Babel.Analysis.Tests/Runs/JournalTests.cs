using System.Text;
using Babel.Analysis.Errors;
using Babel.Analysis.Runs;
using Xunit;

namespace Babel.Analysis.Tests.Runs;

public sealed class JournalTests
{
    private static readonly string[] Labels = ["plain", "ünïcode 中 \"quoted\"", "numbers", "empty"];

    [Fact]
    public void Journal_Reopened_HoldsWhatWasAppended()
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder);
        using var journal = Journal.Open(path);
        Assert.Equal(Labels.Length, journal.Count);
        for (int i = 0; i < Labels.Length; i++) AssertEntry(journal, i);
        Assert.Null(journal.Find(ContentKey.Of("something else")));
    }

    [Fact]
    public void Journal_CutAtEveryByte_IsAPrefixAndCanGoOn()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(Write(folder));
        string path = Path.Combine(folder.Path, "cut.jsonl");
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            int complete = whole.AsSpan(0, length).Count((byte)'\n');
            using (var journal = Journal.Open(path))
            {
                Assert.Equal(complete, journal.Count);
                for (int i = 0; i < complete; i++) AssertEntry(journal, i);
                for (int i = complete; i < Labels.Length; i++) Assert.Null(journal.Find(Key(i)));
                for (int i = complete; i < Labels.Length; i++) Append(journal, i);
            }

            Assert.Equal(whole, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void Journal_LastLineGarbled_IsCutOff()
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder);
        byte[] whole = File.ReadAllBytes(path);
        int last = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        // A crash can leave blocks of a file's last write as zeros, with its end already there.
        for (int at = last; at < whole.Length - 1; at++)
        {
            byte[] garbled = [.. whole];
            garbled[at] = 0;
            File.WriteAllBytes(path, garbled);
            using var journal = Journal.Open(path);
            Assert.Equal(Labels.Length - 1, journal.Count);
        }
    }

    [Theory]
    [InlineData("a line of notes, without its end")]
    [InlineData("a line of notes\n")]
    [InlineData("{\"sets\": []}\n")]
    public void Journal_FileThatIsNone_IsRefusedAndLeftAlone(string text)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("notes.txt", text);
        Assert.Throws<StoreCorruptException>(() => Journal.Open(path));
        Assert.Equal(text, File.ReadAllText(path));
    }

    [Fact]
    public void Journal_LastLineAlteredWithoutZeros_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder);
        byte[] altered = File.ReadAllBytes(path);
        altered[^5] ^= 1;
        File.WriteAllBytes(path, altered);
        Assert.Throws<StoreCorruptException>(() => Journal.Open(path));
    }

    [Fact]
    public void Journal_EarlierLineAltered_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder);
        byte[] whole = File.ReadAllBytes(path);
        int second = whole.AsSpan().IndexOf((byte)'\n') + 1;
        for (int at = 0; at < second - 1; at++)
        {
            byte[] altered = [.. whole];
            altered[at] ^= 0x11;
            if (altered[at] == '\n') continue;
            File.WriteAllBytes(path, altered);
            var error = Assert.Throws<StoreCorruptException>(() => Journal.Open(path));
            Assert.Contains("line 1", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Journal_SameKeyTwice_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal.Open(Write(folder));
        Assert.Throws<InvalidOperationException>(() => Append(journal, 1));
    }

    [Fact]
    public void ContentKey_PartsRunTogether_GiveDifferentKeys()
    {
        string[] keys =
        [
            ContentKey.Of("ab", "c"), ContentKey.Of("a", "bc"), ContentKey.Of("abc"), ContentKey.Of("abc", ""), ContentKey.Of("", "abc"),
        ];
        Assert.Equal(keys.Length, keys.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(ContentKey.Of("ab", "c"), ContentKey.Of("ab", "c"));
    }

    private static string Write(TemporaryFolder folder)
    {
        string path = Path.Combine(folder.Path, "journal.jsonl");
        using var journal = Journal.Open(path);
        for (int i = 0; i < Labels.Length; i++) Append(journal, i);
        return path;
    }

    private static string Key(int i) => ContentKey.Of("entry", Labels[i]);

    private static void Append(Journal journal, int i) => journal.Append(Key(i), Labels[i], writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("label", Labels[i]);
        writer.WriteStartArray("numbers");
        for (int k = 0; k < i; k++) writer.WriteNumberValue(Math.Exp(k + 0.1));
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void AssertEntry(Journal journal, int i)
    {
        using var value = journal.Find(Key(i));
        Assert.NotNull(value);
        Assert.Equal(Labels[i], value.RootElement.GetProperty("label").GetString());
        double[] numbers = [.. value.RootElement.GetProperty("numbers").EnumerateArray().Select(n => n.GetDouble())];
        Assert.Equal(Enumerable.Range(0, i).Select(k => Math.Exp(k + 0.1)), numbers);
    }
}
