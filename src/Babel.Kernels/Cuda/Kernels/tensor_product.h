// The matrix product y = x W^T on tensor cores (compute capability 8.0 and later) for bf16 weights: x comes in PARTS bf16 parts (split.h), each of which is
// multiplied by the same piece of W while that is in registers. Float32 accumulators take the inner index 16 at a time in ascending order, at each step the
// smallest part first, so an output's bits do not depend on the tile or the batch.
//
// A block computes BM x BN outputs, a warp WM x WN. Stretches of 32 of the inner index pass through a ring of STAGES in shared memory, filled by
// asynchronous copies. A row of a stretch is 64 bytes: four pieces of 16, of which piece p of row r lies at p ^ (r / 2 % 4), so that the eight rows
// ldmatrix reads at a time lie in different banks.
#pragma once
#include "finish.h"
#include "tensor_words.h"

template <int PARTS, int BM, int BN, int WM, int WN, int STAGES, bool GATED>
struct tensor_product
{
    static constexpr int DEPTH = 32, ROW_BYTES = 2 * DEPTH, PIECES = ROW_BYTES / 16;
    static constexpr int WARPS_N = BN / WN, THREADS = 32 * (BM / WM) * WARPS_N, COLUMNS = GATED ? BN / 2 : BN;
    static constexpr int X_BYTES = PARTS * BM * ROW_BYTES, STAGE_BYTES = X_BYTES + BN * ROW_BYTES;
    static constexpr int MI = WM / 16, NI = WN / 16, PITCH = BN + 4;

    const ushort* parts;
    const ushort* weight;
    const ushort* up_weight;
    int rows, columns, inner, row0, column0;

    FUNCTION_MEMBER static uint place(int row, int piece) { return (uint)(row * ROW_BYTES + ((piece ^ (row / 2 % PIECES)) * 16)); }

    FUNCTION_MEMBER void fetch(uint stage, int k0) const
    {
        UNROLL for (int u = ITEM; u < PARTS * BM * PIECES; u += THREADS)
        {
            int r = u / PIECES, piece = u % PIECES, part = r / BM, row = row0 + r % BM, k = k0 + piece * 8;
            bool there = row < rows && k < inner;
            copy_async(stage + place(r, piece), there ? parts + ((long)part * rows + row) * inner + k : parts, there);
        }

        UNROLL for (int u = ITEM; u < BN * PIECES; u += THREADS)
        {
            int c = u / PIECES, piece = u % PIECES, k = k0 + piece * 8;
            bool second = GATED && c >= COLUMNS;
            int n = column0 + (second ? c - COLUMNS : c);
            bool there = n < columns && k < inner;
            const ushort* from = second ? up_weight : weight;
            copy_async(stage + X_BYTES + place(c, piece), there ? from + (long)n * inner + k : from, there);
        }
    }

    FUNCTION_MEMBER void accumulate(uint stage, int wm, int wn, float (&sums)[MI][2 * NI][4]) const
    {
        int lane = ITEM % 32;
        UNROLL for (int step = 0; step < 2; step++)
        {
            uint b[NI][4];
            UNROLL for (int j = 0; j < NI; j++)
                load_matrices(b[j], stage + X_BYTES + place(wn + j * 16 + lane % 8 + lane / 16 * 8, 2 * step + lane / 8 % 2));
            UNROLL for (int part = PARTS - 1; part >= 0; part--)
            {
                UNROLL for (int i = 0; i < MI; i++)
                {
                    uint a[4];
                    load_matrices(a, stage + place(part * BM + wm + i * 16 + lane % 16, 2 * step + lane / 16));
                    UNROLL for (int j = 0; j < 2 * NI; j++) multiply(sums[i][j], a, &b[j / 2][j % 2 * 2]);
                }
            }
        }
    }

    FUNCTION_MEMBER void run(const finish_steps& steps)
    {
        int warp = ITEM / 32, lane = ITEM % 32, wm = warp / WARPS_N * WM, wn = warp % WARPS_N * WN;
        uint ring = shared_at(shared_bytes);
        int stretches = (inner + DEPTH - 1) / DEPTH;
        float sums[MI][2 * NI][4];
        UNROLL for (int i = 0; i < MI; i++) UNROLL for (int j = 0; j < 2 * NI; j++) UNROLL for (int l = 0; l < 4; l++) sums[i][j][l] = 0.0f;

        UNROLL for (int s = 0; s < STAGES - 1; s++)
        {
            if (s < stretches) fetch(ring + s * STAGE_BYTES, s * DEPTH);
            copy_commit();
        }

        for (int s = 0; s < stretches; s++)
        {
            // The stretch is there, and everybody is done with the one whose place the next fetch takes.
            copy_wait<STAGES - 2>();
            BARRIER();
            int next = s + STAGES - 1;
            if (next < stretches) fetch(ring + next % STAGES * STAGE_BYTES, next * DEPTH);
            copy_commit();
            accumulate(ring + s % STAGES * STAGE_BYTES, wm, wn, sums);
        }

        copy_wait<0>();
        BARRIER();
        float* tile = (float*)shared_bytes;
        for (int piece = 0; piece < BM; piece += WM)
        {
            if (wm == piece)
            {
                UNROLL for (int i = 0; i < MI; i++)
                {
                    UNROLL for (int j = 0; j < 2 * NI; j++)
                    {
                        float* at = tile + (i * 16 + lane / 4) * PITCH + wn + j * 8 + lane % 4 * 2;
                        *(float2*)at = float2{sums[i][j][0], sums[i][j][1]};
                        *(float2*)(at + 8 * PITCH) = float2{sums[i][j][2], sums[i][j][3]};
                    }
                }
            }

            BARRIER();
            finish_tile<WM, COLUMNS, THREADS, GATED>(steps, tile, PITCH, row0 + piece, column0, ITEM);
            BARRIER();
        }
    }
};

#define TENSOR_KERNEL(name, PARTS, BM, BN, WM, WN, STAGES, GATED)                                                                  \
    KERNEL_OF(32 * (BM / WM) * (BN / WN), PARTS == 1 ? 2 : 1) void name(                                                                            \
        const ushort* parts, const ushort* weight, long first_row, const ushort* up_weight, FINISH_PARAMETERS)                     \
    {                                                                                                                              \
        using Product = tensor_product<PARTS, BM, BN, WM, WN, STAGES, GATED>;                                                      \
        Product product;                                                                                                           \
        product.parts = parts;                                                                                                     \
        product.weight = weight + first_row * inner;                                                                               \
        product.up_weight = up_weight;                                                                                             \
        product.rows = rows;                                                                                                       \
        product.columns = columns;                                                                                                 \
        product.inner = inner;                                                                                                     \
        product.row0 = (int)GROUP(1) * BM;                                                                                         \
        product.column0 = (int)GROUP(0) * Product::COLUMNS;                                                                        \
        product.run(FINISH_STEPS);                                                                                                 \
    }
