// Keys and values for the attentions on tensor cores, as bf16: once a layer, so that blocks of queries read half the bytes and copies bring them as they are.
#pragma once
#include "attention_rows.h"

#define BRAIN_KEYS_THREADS 256
#define BRAIN_KEYS_ROWS 8

// Keys (GROUP(1) = 0) and values (1) as bf16, [rows][width]: those of a sequence begin at row starts[sequence] * block and are filled up with zeros to a multiple
// of `block`, so that what a key that is not there is multiplied with is 0. What no query's window reaches is left out.
KERNEL_OF(BRAIN_KEYS_THREADS, 1) void brain_keys(
    const float* k, long k_at, const float* v, long v_at, ushort* keys, long values_at, const int* spans, const int* starts, int sequences, int width,
    int block, int window)
{
    int row = (int)GROUP(0) * BRAIN_KEYS_ROWS, sequence = 0;
    for (int step = 1 << 30; step > 0; step /= 2)
    {
        if (sequence + step < sequences && (long)starts[sequence + step] * block <= row) sequence += step;
    }

    int key_length = spans[4 * sequence + 3], past = key_length - spans[4 * sequence + 1], key0 = row - starts[sequence] * block;
    if (window > 0 && past >= window && key0 < (past - window + 1) / block * block) return;
    const float* from = (GROUP(1) ? v + v_at : k + k_at) + (spans[4 * sequence + 2] + (long)key0) * width;
    ushort* to = (GROUP(1) ? keys + values_at : keys) + (long)row * width;
    bool aligned = (unsigned long)from % 16 == 0;
    for (int i = ITEM; i < BRAIN_KEYS_ROWS * (width / 8); i += BRAIN_KEYS_THREADS)
    {
        int key = key0 + i / (width / 8);
        *(uint4*)(to + 8 * i) = key < key_length ? brain_eight(from + 8 * i, aligned) : uint4{0, 0, 0, 0};
    }
}
