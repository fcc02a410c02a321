// The matrix product y = x W^T on the ordinary float units of any GPU: exact to float32 rounding for F32, F16 and BF16 weights. Every output has one
// accumulator and takes the inner index in ascending order, so its bits do not depend on the tile it was computed in.
//
// A block of 16 x 16 threads computes 16 TM rows by 16 TN columns; a thread has TM x TN of them in registers, in groups of four that lie 64
// apart, so that reading them from shared memory meets no bank twice. The next stretch of the inner index is on its way from memory, in
// registers, while this one is multiplied from shared memory.
#pragma once
#include "finish.h"

#define PRODUCT_DEPTH 16
#define PRODUCT_THREADS 256

FUNCTION float4 load_four_weights(const uchar* weight, long row, int k, int inner, int storage, bool aligned)
{
    if (storage == STORAGE_F32) return load_four((const float*)weight + row * inner, k, inner, aligned);
    const ushort* from = (const ushort*)weight + row * inner + k;
    ushort4 bits = {0, 0, 0, 0};
    if (aligned && k + 4 <= inner) bits = *(const ushort4*)from;
    else UNROLL for (int i = 0; i < 4; i++) if (k + i < inner) bits[i] = from[i];
    float4 four;
    UNROLL for (int i = 0; i < 4; i++) four[i] = storage == STORAGE_F16 ? f16_to_float(bits[i]) : bf16_to_float(bits[i]);
    return four;
}

template <int TM, int TN, bool GATED>
FUNCTION void product(
    const float* x, const uchar* weight, long first_row, const uchar* up_weight, int storage, const finish_steps& steps, int inner)
{
    constexpr int BM = 16 * TM, BN = 16 * TN, COLUMNS = GATED ? BN / 2 : BN;
    constexpr int XP = BM + 4, WP = BN + 4, QUADS = PRODUCT_DEPTH / 4;
    constexpr int X_LOADS = (BM * QUADS + PRODUCT_THREADS - 1) / PRODUCT_THREADS, W_LOADS = (BN * QUADS + PRODUCT_THREADS - 1) / PRODUCT_THREADS;
    constexpr int STAGE = PRODUCT_DEPTH * (XP + WP);
    float* stages = (float*)shared_bytes;
    int item = ITEM, tx = item % 16, ty = item / 16;
    int row0 = (int)GROUP(1) * BM, column0 = (int)GROUP(0) * COLUMNS;
    bool aligned = inner % 4 == 0 && (unsigned long)x % 16 == 0;

    float4 next_x[X_LOADS], next_w[W_LOADS];
    auto fetch = [&](int k0)
    {
        UNROLL for (int i = 0; i < X_LOADS; i++)
        {
            int unit = item + i * PRODUCT_THREADS, r = unit / QUADS, k = k0 + unit % QUADS * 4;
            bool there = unit < BM * QUADS && row0 + r < steps.rows;
            next_x[i] = there ? load_four(x + (long)(row0 + r) * inner, k, inner, aligned) : float4{0.0f, 0.0f, 0.0f, 0.0f};
        }

        UNROLL for (int i = 0; i < W_LOADS; i++)
        {
            int unit = item + i * PRODUCT_THREADS, c = unit / QUADS, k = k0 + unit % QUADS * 4;
            bool second = GATED && c >= COLUMNS;
            int n = column0 + (second ? c - COLUMNS : c);
            bool there = unit < BN * QUADS && n < steps.columns;
            next_w[i] = there ? load_four_weights(second ? up_weight : weight, first_row + n, k, inner, storage, inner % 4 == 0)
                              : float4{0.0f, 0.0f, 0.0f, 0.0f};
        }
    };
    auto put = [&](float* stage)
    {
        UNROLL for (int i = 0; i < X_LOADS; i++)
        {
            int unit = item + i * PRODUCT_THREADS, r = unit / QUADS, k = unit % QUADS * 4;
            if (unit < BM * QUADS) UNROLL for (int j = 0; j < 4; j++) stage[(k + j) * XP + r] = next_x[i][j];
        }

        UNROLL for (int i = 0; i < W_LOADS; i++)
        {
            int unit = item + i * PRODUCT_THREADS, c = unit / QUADS, k = unit % QUADS * 4;
            if (unit < BN * QUADS) UNROLL for (int j = 0; j < 4; j++) stage[PRODUCT_DEPTH * XP + (k + j) * WP + c] = next_w[i][j];
        }
    };

    float sums[TM][TN];
    UNROLL for (int i = 0; i < TM; i++) UNROLL for (int j = 0; j < TN; j++) sums[i][j] = 0.0f;

    fetch(0);
    put(stages);
    BARRIER();
    int turn = 0;
    for (int k0 = 0; k0 < inner; k0 += PRODUCT_DEPTH, turn ^= 1)
    {
        bool more = k0 + PRODUCT_DEPTH < inner;
        if (more) fetch(k0 + PRODUCT_DEPTH);
        const float* xs = stages + turn * STAGE;
        const float* ws = xs + PRODUCT_DEPTH * XP;
        UNROLL for (int k = 0; k < PRODUCT_DEPTH; k++)
        {
            float a[TM], b[TN];
            if constexpr (TM % 4 == 0)
            {
                UNROLL for (int i = 0; i < TM; i += 4)
                {
                    float4 four = *(const float4*)(xs + k * XP + 16 * i + 4 * ty);
                    UNROLL for (int l = 0; l < 4; l++) a[i + l] = four[l];
                }
            }
            else UNROLL for (int i = 0; i < TM; i++) a[i] = xs[k * XP + ty * TM + i];
            UNROLL for (int j = 0; j < TN; j += 4)
            {
                float4 four = *(const float4*)(ws + k * WP + 16 * j + 4 * tx);
                UNROLL for (int l = 0; l < 4; l++) b[j + l] = four[l];
            }

            UNROLL for (int i = 0; i < TM; i++) UNROLL for (int j = 0; j < TN; j++) sums[i][j] = FMA(a[i], b[j], sums[i][j]);
        }

        if (more) put(stages + (turn ^ 1) * STAGE);
        BARRIER();
    }

    // The tile passes through shared memory in pieces of at most 64 rows: one of each thread's groups of four.
    constexpr int PIECE = TM % 4 == 0 ? 4 : TM, PITCH = BN + 4;
    UNROLL for (int i0 = 0; i0 < TM; i0 += PIECE)
    {
        UNROLL for (int i = 0; i < PIECE; i++)
            UNROLL for (int j = 0; j < TN; j += 4)
                *(float4*)(stages + (ty * PIECE + i) * PITCH + 16 * j + 4 * tx) =
                    float4{sums[i0 + i][j], sums[i0 + i][j + 1], sums[i0 + i][j + 2], sums[i0 + i][j + 3]};
        BARRIER();
        finish_tile<16 * PIECE, COLUMNS, PRODUCT_THREADS, GATED>(steps, stages, PITCH, row0 + 16 * i0, column0, item);
        BARRIER();
    }
}

#define PRODUCT_KERNEL(name, TM, TN, GATED)                                                                                        \
    KERNEL_OF(PRODUCT_THREADS, 1) void name(                                                                                       \
        const float* x, long x_at, const uchar* weight, long first_row, const uchar* up_weight, int storage, FINISH_PARAMETERS)    \
    {                                                                                                                              \
        product<TM, TN, GATED>(x + x_at, weight, first_row, up_weight, storage, FINISH_STEPS, inner);                              \
    }
