// How a weight W [rows, columns] lies in memory: panels of PANEL outputs, in each one row of PANEL elements for every inner index,
// [rows/PANEL][columns][PANEL], the last panel filled up with zeros. PANEL = 1 is row-major.

FUNCTION long weight_at(long row, long column, long columns) { return ((row / PANEL) * columns + column) * PANEL + row % PANEL; }

FUNCTION float bf16_to_float(ushort bits) { return FROM_BITS((uint)bits << 16); }

// Exact: subnormals m 2^-24, infinities and NaN included.
FUNCTION float f16_to_float(ushort bits)
{
    uint sign = (uint)(bits & 0x8000) << 16, magnitude = (uint)(bits & 0x7FFF);
    if (magnitude >= 0x7C00) return FROM_BITS(sign | 0x7F800000u | (magnitude << 13));
    if (magnitude < 0x0400)
    {
        float small = (float)magnitude * 5.9604644775390625e-8f;
        return FROM_BITS(sign | BITS_OF(small));
    }

    return FROM_BITS(sign | ((magnitude << 13) + (112u << 23)));
}

FUNCTION float weight_element(GLOBAL const uchar* weight, long at, int storage)
{
    if (storage == STORAGE_F32) return ((GLOBAL const float*)weight)[at];
    ushort bits = ((GLOBAL const ushort*)weight)[at];
    return storage == STORAGE_F16 ? f16_to_float(bits) : bf16_to_float(bits);
}
