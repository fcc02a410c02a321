// How fast wgmma can be: two groups of four warps that multiply 64 x 256 x 64 from shared memory, four times a round, without copies.
#pragma once
#include "hopper_words.h"

#define PEAK_OPERAND_BYTES ((64 + 256) * 128)

KERNEL_OF(256, 1) void peak_hopper(float* sink, int rounds)
{
    // Numbers from 1/8 to 1/4.
    for (int i = ITEM; i < PEAK_OPERAND_BYTES / 2; i += 256) ((ushort*)shared_bytes)[i] = (ushort)(0x3E00 + i % 128);
    float sums[128];
    UNROLL for (int i = 0; i < 128; i++) sums[i] = 0.0f;
    shared_ready();
    BARRIER();
    uint at = shared_at(shared_bytes);
    ulong a = operand_at(at), b = operand_at(at + 64 * 128);
    group_done(sums);
    for (int round = 0; round < rounds; round++)
    {
        group_begin();
        UNROLL for (int step = 0; step < 16; step++) group_multiply(sums, a + 2 * (step % 4), b + 2 * (step % 4));
        group_commit();
        group_wait<0>();
    }

    group_done(sums);
    float sum = 0.0f;
    UNROLL for (int i = 0; i < 128; i++) sum += sums[i];
    sink[FLAT_ITEM] = sum;
}
