// How fast the float units can be: independent chains of fma in registers, 128 a round, nothing from memory. What is stored depends on all of them.
#pragma once
#include "words.h"

#define PEAK_CHAINS 16

KERNEL_OF(256, 1) void peak_float(float* sink, int rounds, float factor)
{
    float chains[PEAK_CHAINS];
    UNROLL for (int i = 0; i < PEAK_CHAINS; i++) chains[i] = (float)(ITEM + i);
    for (int round = 0; round < rounds; round++)
    {
        UNROLL for (int step = 0; step < 8; step++)
            UNROLL for (int i = 0; i < PEAK_CHAINS; i++) chains[i] = __builtin_fmaf(chains[i], factor, 0.5f);
    }

    float sum = 0.0f;
    UNROLL for (int i = 0; i < PEAK_CHAINS; i++) sum += chains[i];
    sink[FLAT_ITEM] = sum;
}
