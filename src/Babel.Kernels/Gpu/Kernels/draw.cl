// Weights that are drawn where they lie. Number i is a function of the key and i alone, and has the same bits as on the host (UniformNumbers.cs):
// nothing is fused, and every step but the last two is exact.

FUNCTION unsigned long mix_bits(unsigned long z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
    return z ^ (z >> 31);
}

FUNCTION float drawn_number(unsigned long key, unsigned long index, float centre, float width)
{
    unsigned long both = mix_bits(key + (index >> 1) * 0x9E3779B97F4A7C15UL);
    uint bits = (uint)((index & 1) != 0 ? both >> 32 : both);
    float centred = (float)(bits >> 8) * 5.9604644775390625e-8f - 0.5f;
    return centre + centred * width;
}

// To nearest, ties to even; for numbers that are finite in the type.
FUNCTION ushort to_bf16(float value)
{
    uint bits = BITS_OF(value);
    return (ushort)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

FUNCTION ushort to_f16(float value)
{
    uint bits = BITS_OF(value), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude < 0x38800000u)
    {
        // Below 2^-14 a half counts in steps of 2^-24, as a float between 1/2 and 1 does.
        float stepped = FROM_BITS(magnitude) + 0.5f;
        return (ushort)(sign | (BITS_OF(stepped) - 0x3F000000u));
    }

    magnitude += 0x0FFFu + ((magnitude >> 13) & 1u);
    return (ushort)(sign | ((magnitude - (112u << 23)) >> 13));
}

// Element (r, c) of the rows from first_row on is number first + r row_stride + c column_stride, rounded to its storage type, and then to the type the
// weight is kept in.
KERNEL void draw_rows(
    GLOBAL uchar* weight, long first_row, long rows, long columns, long key, long first, long row_stride, long column_stride,
    float centre, float width, int storage, int kept)
{
    long item = FLAT_ITEM;
    if (item >= rows * columns) return;
    long row = item / columns, column = item % columns, at = weight_at(first_row + row, column, columns);
    float value = drawn_number((unsigned long)key, (unsigned long)(first + row * row_stride + column * column_stride), centre, width);
    if (kept == STORAGE_F32)
    {
        ((GLOBAL float*)weight)[at] = value;
        return;
    }

    if (kept == STORAGE_F16)
    {
        ((GLOBAL ushort*)weight)[at] = to_f16(value);
        return;
    }

    if (storage == STORAGE_F16) value = f16_to_float(to_f16(value));
    ((GLOBAL ushort*)weight)[at] = to_bf16(value);
}
