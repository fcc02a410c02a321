// Column statistics with enough threads to keep the memory busy. A block takes 32 columns of a
// sequence (both along the first axis, the only long one); its warps take chunks of 16 tokens in turn, and the
// chunks' sums are added in ascending order. Chunks begin at the sequence's first token, so its statistics do not depend on the batch.
#pragma once
#include "shared.h"

#define STATS_COLUMNS 32
#define STATS_WARPS 8
#define STATS_CHUNK 16

KERNEL_OF(STATS_COLUMNS * STATS_WARPS, 1) void column_stats_chunked(
    const float* x, long x_at, const int* spans, int sequences, int columns, int* counts, long counts_at, float* sums, long sums_at,
    float* abs_sums, long abs_at, float* squares, long squares_at, float* maxima, long maxima_at)
{
    LOCAL_ARRAY(int, chunk_counts, STATS_WARPS * STATS_COLUMNS);
    LOCAL_ARRAY(float, chunk_sums, STATS_WARPS * STATS_COLUMNS);
    LOCAL_ARRAY(float, chunk_abs, STATS_WARPS * STATS_COLUMNS);
    LOCAL_ARRAY(float, chunk_squares, STATS_WARPS * STATS_COLUMNS);
    LOCAL_ARRAY(float, chunk_maxima, STATS_WARPS * STATS_COLUMNS);
    int item = ITEM, lane = item % STATS_COLUMNS, warp = item / STATS_COLUMNS, strips = (columns + STATS_COLUMNS - 1) / STATS_COLUMNS;
    int sequence = (int)(GROUP(0) / strips), column = (int)(GROUP(0) % strips) * STATS_COLUMNS + lane, tokens = spans[4 * sequence + 1];
    bool live = column < columns;
    const float* from = x + x_at + (long)spans[4 * sequence] * columns + (live ? column : 0);
    int total_count = 0;
    float total_sum = 0.0f, total_abs = 0.0f, total_squares = 0.0f, total_maximum = -INFINITY;
    for (int round = 0; round < tokens; round += STATS_WARPS * STATS_CHUNK)
    {
        int first = round + warp * STATS_CHUNK, count = 0;
        float sum = 0.0f, abs_sum = 0.0f, square_sum = 0.0f, maximum = -INFINITY;
        UNROLL for (int i = 0; i < STATS_CHUNK; i++)
        {
            if (first + i >= tokens || !live) continue;
            float value = from[(long)(first + i) * columns];
            count += value > 0.0f;
            sum += value;
            abs_sum += v_abs(value);
            square_sum = FMA(value, value, square_sum);
            maximum = larger(maximum, value);
        }

        chunk_counts[item] = count;
        chunk_sums[item] = sum;
        chunk_abs[item] = abs_sum;
        chunk_squares[item] = square_sum;
        chunk_maxima[item] = maximum;
        BARRIER();
        for (int w = 0; w < STATS_WARPS && warp == 0 && round + w * STATS_CHUNK < tokens; w++)
        {
            int at = w * STATS_COLUMNS + lane;
            total_count += chunk_counts[at];
            total_sum += chunk_sums[at];
            total_abs += chunk_abs[at];
            total_squares += chunk_squares[at];
            total_maximum = larger(total_maximum, chunk_maxima[at]);
        }

        BARRIER();
    }

    if (warp > 0 || !live) return;
    long at = (long)sequence * columns + column;
    counts[counts_at + at] = total_count;
    sums[sums_at + at] = total_sum;
    abs_sums[abs_at + at] = total_abs;
    squares[squares_at + at] = total_squares;
    maxima[maxima_at + at] = total_maximum;
}
