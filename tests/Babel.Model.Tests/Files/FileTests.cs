using System.IO.Compression;
using System.Text;
using Babel.Kernels;
using Babel.Model.Errors;
using Babel.Model.Files;
using Xunit;

namespace Babel.Model.Tests.Files;

public sealed class FileTests
{
    [SkippableFact]
    public void FileLength_OfALinkOfLinks_IsThatOfTheFile()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege");
        using var folder = new TemporaryFolder();
        string file = folder.File("blob", new string('x', 1234));
        File.CreateSymbolicLink(folder.File("b"), file);
        File.CreateSymbolicLink(folder.File("a"), folder.File("b"));
        Assert.Equal([1234, 1234, 1234], new[] { "a", "b", "blob" }.Select(n => FileLength.Of(folder.File(n))));
        Assert.Throws<FileNotFoundException>(() => FileLength.Of(folder.File("c")));
    }

    [Fact]
    public void Write_TensorsOfManyTypes_ReadBackAsTheyWere()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sub/all.safetensors");
        SafetensorsWriter.Write(
            path,
            [
                NamedTensor.Of("bytes", (byte[])[1, 2, 3]),
                NamedTensor.Of("counts", (long[])[1, -2], 2, 1),
                NamedTensor.Of("empty", Array.Empty<float>(), 0, 5),
                NamedTensor.Of("sums \"quoted\" é", (double[])[1.5, double.NaN], 2),
                NamedTensor.Of("values", (float[])[1, 2, 3, 4, 5, 6], 2, 3),
            ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["a"] = "ünï" });
        foreach (var reading in Enum.GetValues<FileReading>())
        {
            using var file = SafetensorsFile.Open(path, reading);
            Assert.Equal([1, 2, 3], file.ReadArray<byte>("bytes"));
            Assert.Equal([1, -2], file.ReadArray<long>("counts"));
            Assert.Empty(file.ReadFloats("empty"));
            Assert.Equal([1.5, double.NaN], file.ReadArray<double>("sums \"quoted\" é"));
            Assert.Equal([2, 3], file["values"].Shape);
            Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloats("values"));
            Assert.Equal("ünï", file.Metadata["a"]);
            Assert.Throws<ModelFormatException>(() => file.ReadArray<float>("counts"));
            Assert.Throws<ModelFormatException>(() => file.ReadFloats("counts"));
            Assert.Throws<ModelFormatException>(() => file["absent"]);
        }
    }

    [Fact]
    public void Write_SameTensorsInAnotherOrder_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        NamedTensor a = NamedTensor.Of("a", (float[])[1]), b = NamedTensor.Of("b", (long[])[2]), c = NamedTensor.Of("c", (byte[])[3]);
        SafetensorsWriter.Write(folder.File("1"), [a, b, c], new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = "1", ["y"] = "2" });
        SafetensorsWriter.Write(folder.File("2"), [c, a, b], new Dictionary<string, string>(StringComparer.Ordinal) { ["y"] = "2", ["x"] = "1" });
        Assert.Equal(File.ReadAllBytes(folder.File("1")), File.ReadAllBytes(folder.File("2")));
    }

    [Fact]
    public void Append_InPieces_GivesTheWholeTensor()
    {
        using var folder = new TemporaryFolder();
        byte[] data = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        using (var writer = SafetensorsWriter.Create(folder.File("x"), [new TensorHeader("t", DType.U8, [100])]))
        {
            writer.Append(data.AsSpan(0, 33));
            writer.Append(data.AsSpan(33));
            Assert.Throws<InvalidOperationException>(() => writer.Append([1]));
            writer.Commit();
        }

        using var file = SafetensorsFile.Open(folder.File("x"));
        byte[] part = new byte[10];
        file.Read(file["t"], 40, part);
        Assert.Equal(data[40..50], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(file["t"], 95, part));
    }

    [Fact]
    public void Write_ThatFails_LeavesTheOldFileAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("results.json");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half of the new"u8);
            throw new IOException("disk full");
        }));
        using (var writer = SafetensorsWriter.Create(path, [new TensorHeader("t", DType.U8, [2])]))
        {
            writer.Append([1]);
            Assert.Throws<InvalidOperationException>(writer.Commit);
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
        AtomicFile.WriteText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Open_TensorBeyondTwoGigabytes_IsReadInPieces()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("large.safetensors");
        long rows = 550_000_000;
        byte[] header = Encoding.UTF8.GetBytes($"{{\"t\":{{\"dtype\":\"F32\",\"shape\":[{rows},1],\"data_offsets\":[0,{rows * 4}]}}}}");
        using (var stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);

            // Sparse: only the last element is written.
            stream.Seek(8 + header.Length + ((rows - 1) * 4), SeekOrigin.Begin);
            stream.Write(BitConverter.GetBytes(1.5f));
        }

        foreach (var reading in Enum.GetValues<FileReading>())
        {
            using var file = SafetensorsFile.Open(path, reading);
            byte[] last = new byte[4];
            file.Read(file["t"], (rows - 1) * 4, last);
            Assert.Equal(1.5f, BitConverter.ToSingle(last));
        }
    }

    [Theory]
    [InlineData("../model-00001.safetensors")]
    [InlineData("/etc/passwd.safetensors")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData(".hidden.safetensors")]
    [InlineData("model.bin")]
    public void Open_ShardThatIsNoPlainName_IsRefused(string shard)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model.safetensors.index.json"), $"{{\"weight_map\": {{\"t\": \"{shard}\"}}}}");
        var error = Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path));
        Assert.Contains("plain file name", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Shards_HoldsTheIndexToItsFiles()
    {
        using var folder = new TemporaryFolder().CopyOf(Fixtures.Golden("llama2_sharded"));
        using (var checkpoint = Checkpoint.Open(folder.Path)) Assert.Equal(3, checkpoint.Files.Count);

        string index = folder.File("model.safetensors.index.json"), text = File.ReadAllText(index);
        File.WriteAllText(index, text.Replace("\"model.norm.weight\"", "\"model.norm.renamed\"", StringComparison.Ordinal));
        Assert.Contains("model.norm.renamed", Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path)).Expected, StringComparison.Ordinal);

        File.WriteAllText(index, text);
        string shard = folder.File("model-00002-of-00003.safetensors");
        File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^1]);
        Assert.Contains("cut short", Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path)).What, StringComparison.Ordinal);

        File.Delete(shard);
        Assert.Contains("model-00002", Assert.Throws<ModelNotFoundException>(() => Checkpoint.Open(folder.Path)).Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShardWithATensorOfAnother_IsRefused()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("a.safetensors"), [NamedTensor.Of("t", (float[])[1])]);
        SafetensorsWriter.Write(folder.File("b.safetensors"), [NamedTensor.Of("t", (float[])[2]), NamedTensor.Of("u", (float[])[2])]);
        string index = folder.File("model.safetensors.index.json");
        File.WriteAllText(index, "{\"weight_map\": {\"t\": \"a.safetensors\", \"u\": \"b.safetensors\"}}");
        Assert.Contains("same tensor", Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path)).What, StringComparison.Ordinal);
        File.WriteAllText(index, "{\"weight_map\": {\"t\": \"b.safetensors\"}}");
        Assert.Equal("u", Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path)).Found);
    }

    [Fact]
    public void Write_Npz_IsAStoredZipOfAlignedArrays()
    {
        using var folder = new TemporaryFolder();
        byte[] bf16 = [0x80, 0x3F, 0x00, 0x40];
        NpzWriter.Write(folder.File("x.npz"), [NamedTensor.Of("a.0", (float[])[1, 2, 3, 4], 2, 2), new NamedTensor("b", DType.BF16, [2], bf16)]);
        NpzWriter.Write(folder.File("y.npz"), [NamedTensor.Of("a.0", (float[])[1, 2, 3, 4], 2, 2), new NamedTensor("b", DType.BF16, [2], bf16)]);
        Assert.Equal(File.ReadAllBytes(folder.File("x.npz")), File.ReadAllBytes(folder.File("y.npz")));
        using var zip = ZipFile.OpenRead(folder.File("x.npz"));
        Assert.Equal("a.0.npy b.npy", string.Join(" ", zip.Entries.Select(e => e.FullName)));
        Assert.All(zip.Entries, e => Assert.Equal(e.Length, e.CompressedLength));
        byte[] a = Bytes(zip.Entries[0]), b = Bytes(zip.Entries[1]);
        Assert.Equal("\u0093NUMPY\u0001\0", Encoding.Latin1.GetString(a, 0, 8));
        int header = BitConverter.ToUInt16(a, 8);
        Assert.Equal(0, (10 + header) % 64);
        string text = Encoding.ASCII.GetString(a, 10, header);
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", text, StringComparison.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.Equal(16, a.Length - 10 - header);
        Assert.Contains("'shape': (2,)", Encoding.ASCII.GetString(b), StringComparison.Ordinal);
        Assert.Equal(2f, BitConverter.ToSingle(b, b.Length - 4));
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
