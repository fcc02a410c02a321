using System.Buffers.Binary;

namespace Babel.Kernels.Cpu.Simd.Code;

/// <summary>
/// Writes x86-64 instructions as bytes: the dozen that kernels around AVX512-BF16 need, which .NET has no intrinsics for. Vector
/// registers are numbers 0 to 31, always 512 bits. What it writes has no addresses in it and may lie anywhere.
/// </summary>
/// <remarks>
/// Encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, 2.3 (REX), 2.7 (EVEX) and the page of each instruction. A test
/// compares them with those of GNU as.
/// </remarks>
internal sealed class Assembler
{
    // Opcode maps and implied prefixes of EVEX.
    private const int Map0F = 1, Map0F38 = 2;
    private const int PrefixNone = 0, Prefix66 = 1, PrefixF3 = 2;

    private readonly List<byte> _bytes = [];

    /// <summary>Where the next instruction begins; a label for <see cref="JumpIfNotZero"/>.</summary>
    public int Position => _bytes.Count;

    /// <summary>The bytes so far.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>Fills up with int3 to a multiple of 64 bytes, where the next function begins.</summary>
    public void Align()
    {
        while (_bytes.Count % 64 != 0) _bytes.Add(0xCC);
    }

    /// <summary>vdpbf16ps: each lane of <paramref name="sum"/> += a.low b.low + a.high b.high, pairs of bfloat16 times pairs of bfloat16, added in float32.</summary>
    public void DotBrain(int sum, int a, int b) => Vector(Map0F38, PrefixF3, 0x52, sum, a, b);

    /// <summary>vaddps from memory.</summary>
    public void Add(int destination, int a, Gp address, int offset) => Vector(Map0F, PrefixNone, 0x58, destination, a, address, offset, 64);

    /// <summary>vpxord of a register with itself.</summary>
    public void Clear(int register) => Vector(Map0F, Prefix66, 0xEF, register, register, register);

    /// <summary>vmovups from memory.</summary>
    public void Load(int destination, Gp address, int offset) => Vector(Map0F, PrefixNone, 0x10, destination, 0, address, offset, 64);

    /// <summary>vmovups to memory.</summary>
    public void Store(Gp address, int offset, int source) => Vector(Map0F, PrefixNone, 0x11, source, 0, address, offset, 64);

    /// <summary>vpbroadcastd: the 32 bits at an address in every lane.</summary>
    public void Broadcast(int destination, Gp address, int offset) => Vector(Map0F38, Prefix66, 0x58, destination, 0, address, offset, 4);

    /// <summary>vzeroupper: so that the 128-bit instructions of the caller do not wait for the upper halves.</summary>
    public void ZeroUpper() => _bytes.AddRange([0xC5, 0xF8, 0x77]);

    /// <summary>prefetcht0.</summary>
    public void Prefetch(Gp address, int offset)
    {
        if ((int)address > 7) _bytes.Add(0x41);
        _bytes.AddRange([0x0F, 0x18]);
        Memory(1, address, offset, 1);
    }

    /// <summary>mov from memory.</summary>
    public void Load(Gp destination, Gp address, int offset)
    {
        Rex((int)destination, (int)address);
        _bytes.Add(0x8B);
        Memory((int)destination & 7, address, offset, 1);
    }

    /// <summary>add of a constant.</summary>
    public void Add(Gp register, int value) => Immediate(0, register, value);

    /// <summary>sub of a constant; sets the zero flag.</summary>
    public void Subtract(Gp register, int value) => Immediate(5, register, value);

    /// <summary>add of a register.</summary>
    public void Add(Gp destination, Gp source) => Registers(0x01, destination, source);

    /// <summary>test of a register with itself: sets the zero flag.</summary>
    public void Test(Gp register) => Registers(0x85, register, register);

    /// <summary>jnz to an earlier <see cref="Position"/>.</summary>
    public void JumpIfNotZero(int label)
    {
        _bytes.AddRange([0x0F, 0x85]);
        Word(label - (_bytes.Count + 4));
    }

    /// <summary>jz forward; <see cref="Land"/> says where to.</summary>
    public int JumpIfZero()
    {
        _bytes.AddRange([0x0F, 0x84]);
        Word(0);
        return _bytes.Count;
    }

    /// <summary>Lets a jump of <see cref="JumpIfZero"/> end here.</summary>
    public void Land(int jump)
    {
        Span<byte> distance = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(distance, _bytes.Count - jump);
        for (int i = 0; i < 4; i++) _bytes[jump - 4 + i] = distance[i];
    }

    /// <summary>ret.</summary>
    public void Return() => _bytes.Add(0xC3);

    private void Vector(int map, int prefix, byte opcode, int destination, int a, int b)
    {
        // With a register as last operand, X holds its fifth bit.
        Evex(map, prefix, destination, a, (b >> 3) & 1, (b >> 4) & 1);
        _bytes.AddRange([opcode, (byte)(0xC0 | ((destination & 7) << 3) | (b & 7))]);
    }

    private void Vector(int map, int prefix, byte opcode, int register, int a, Gp address, int offset, int scale)
    {
        Evex(map, prefix, register, a, (int)address >> 3, 0);
        _bytes.Add(opcode);
        Memory(register & 7, address, offset, scale);
    }

    // Four bytes: 62, then register extensions and map, second operand and prefix, length (10: 512 bits); most bits are stored inverted.
    private void Evex(int map, int prefix, int register, int a, int b, int x) => _bytes.AddRange(
    [
        0x62,
        (byte)(map | (Not(register >> 3) << 7) | (Not(x) << 6) | (Not(b) << 5) | (Not(register >> 4) << 4)),
        (byte)(((~a & 15) << 3) | 4 | prefix),
        (byte)(0x40 | (Not(a >> 4) << 3)),
    ]);

    private static int Not(int bit) => ~bit & 1;

    // ModRM, SIB and displacement. EVEX counts a one-byte displacement in units of the operand's size.
    private void Memory(int register, Gp address, int offset, int scale)
    {
        bool small = offset % scale == 0 && offset / scale is >= sbyte.MinValue and <= sbyte.MaxValue;
        int mode = offset == 0 ? 0 : small ? 1 : 2;
        _bytes.Add((byte)((mode << 6) | (register << 3) | ((int)address & 7)));
        if (address == Gp.Rsp) _bytes.Add(0x24);
        if (mode == 1) _bytes.Add((byte)(sbyte)(offset / scale));
        if (mode == 2) Word(offset);
    }

    private void Rex(int register, int other) => _bytes.Add((byte)(0x48 | ((register >> 3) << 2) | (other >> 3)));

    private void Registers(byte opcode, Gp destination, Gp source)
    {
        Rex((int)source, (int)destination);
        _bytes.AddRange([opcode, (byte)(0xC0 | (((int)source & 7) << 3) | ((int)destination & 7))]);
    }

    private void Immediate(int operation, Gp register, int value)
    {
        bool small = value is >= sbyte.MinValue and <= sbyte.MaxValue;
        Rex(0, (int)register);
        _bytes.AddRange([(byte)(small ? 0x83 : 0x81), (byte)(0xC0 | (operation << 3) | ((int)register & 7))]);
        if (small) _bytes.Add((byte)(sbyte)value);
        else Word(value);
    }

    private void Word(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        foreach (byte one in bytes) _bytes.Add(one);
    }
}
