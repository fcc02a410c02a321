// How fast mma.sync can be: 8 independent accumulators a warp, 16 x 8 x 16 each, operands in registers.
#pragma once
#include "tensor_words.h"

KERNEL_OF(256, 1) void peak_tensor(float* sink, int rounds)
{
    float sums[8][4];
    uint a[4], b[2];
    UNROLL for (int i = 0; i < 8; i++) UNROLL for (int l = 0; l < 4; l++) sums[i][l] = (float)ITEM;

    // Pairs of numbers from 1/8 to 1/4, different in every lane: what the device does is not to be easier for constants.
    UNROLL for (int i = 0; i < 4; i++) a[i] = 0x3E003E00u + (uint)(ITEM % 32 * 0x00030001 + i);
    UNROLL for (int i = 0; i < 2; i++) b[i] = 0x3E003E00u + (uint)(ITEM % 32 * 0x00010003 + i);
    for (int round = 0; round < rounds; round++) UNROLL for (int i = 0; i < 8; i++) multiply(sums[i], a, b);

    float sum = 0.0f;
    UNROLL for (int i = 0; i < 8; i++) UNROLL for (int l = 0; l < 4; l++) sum += sums[i][l];
    sink[FLAT_ITEM] = sum;
}
