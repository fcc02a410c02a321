using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda;

/// <summary>A cut of attention on the float units, as Cuda/Kernels/babel.cu has them; the shape is that of attention.h.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Rows">Rows of a block. A row has the same bits whatever it is.</param>
/// <param name="Room">Dimensions a head may have.</param>
internal readonly record struct AttentionTile(string Name, int Rows, int Room)
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 128;

    private const int Keys = 32;
    private const int Padding = 4;

    private static readonly AttentionTile[] All =
        [new("attention_64", 64, 64), new("attention_128", 64, 128), new("attention_256", 32, 256), new("attention_256_small", 16, 256)];

    /// <summary>Queries, then keys or values in the same place, then probabilities.</summary>
    public int SharedBytes =>
        sizeof(float) * ((Room * (Rows + Padding)) + Math.Max(Room * (Keys + Padding), Keys * (Room + Padding)) + (Rows * (Keys + Padding)));

    /// <summary>The smallest room that holds a head, with as many rows as the shared memory of a block has place for.</summary>
    /// <exception cref="KernelException">The heads are too long.</exception>
    public static AttentionTile For(int headDim, int sharedMemory, string device)
    {
        foreach (var tile in All)
        {
            if (headDim <= tile.Room && tile.SharedBytes <= sharedMemory) return tile;
        }

        throw new KernelException(
            "the heads are too long for this device's kernel", device, $"at most {All[^1].Room}, with {sharedMemory} bytes of shared memory a block", $"{headDim}");
    }
}
