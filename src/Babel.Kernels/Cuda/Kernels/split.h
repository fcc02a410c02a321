// float32 activations as bf16 for the tensor cores. Three parts hold a float32 exactly: each takes the leading 8 of the 24 digits that are left, and what
// a subtraction leaves is exact. Products of bf16 are exact in float32, so three products with float32 accumulation are a float32 product. One part,
// rounded to nearest, is the fast mode.
#pragma once
#include "words.h"

FUNCTION uint leading_digits(float x) { return BITS_OF(x) & 0xFFFF0000u; }

// parts: [part][rows][columns], one item an element.
template <int PARTS>
FUNCTION void split(const float* x, ushort* parts, long count)
{
    long at = FLAT_ITEM;
    if (at >= count) return;
    float value = x[at];
    uint bits = BITS_OF(value);
    bool finite = (bits & 0x7F800000u) != 0x7F800000u;
    if (PARTS == 1)
    {
        uint rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
        parts[at] = (ushort)(finite ? rounded : (bits & 0x007FFFFFu) ? 0x7FC0u : bits >> 16);
        return;
    }

    // Of infinity nothing is left over, and a NaN whose digits are all behind the first 8 stays one.
    uint high = finite ? leading_digits(value) : (bits & 0x007FFFFFu) ? 0x7FC00000u : bits;
    float rest = finite ? value - FROM_BITS(high) : 0.0f;
    uint middle = leading_digits(rest);
    parts[at] = (ushort)(high >> 16);
    parts[count + at] = (ushort)(middle >> 16);
    parts[2 * count + at] = (ushort)(leading_digits(rest - FROM_BITS(middle)) >> 16);
}

#define SPLIT_KERNEL(name, PARTS)                                                                                                  \
    KERNEL_OF(256, 1) void name(const float* x, long x_at, ushort* parts, long count) { split<PARTS>(x + x_at, parts, count); }
