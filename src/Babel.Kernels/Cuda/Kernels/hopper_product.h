// The matrix product y = x W^T on the tensor cores of compute capability 9.0 for bf16 weights: x in PARTS bf16 parts (split.h), one below the other in one
// matrix. The tensor memory accelerator brings boxes of both operands to shared memory; groups of four warps multiply from there, 64 rows each, into
// registers. As in tensor_product.h an output takes the inner index 16 at a time in ascending order, the smallest part first.
//
// A block stays and takes one tile after the other. Its first group only orders copies, into a ring of STAGES stretches of 64 of the inner index; the others
// wait for a stretch to be full, multiply, and report it empty once the multiplications after it are under way. The ring runs on from tile to tile: while
// the results of one are finished, the copies for the next arrive.
#pragma once
#include "finish.h"
#include "hopper_words.h"

template <int PARTS, int BM, int BN, int STAGES, bool GATED>
struct hopper_product
{
    static constexpr int DEPTH = 64, ROW_BYTES = 2 * DEPTH, GROUPS = BM / 64, COLUMNS = GATED ? BN / 2 : BN;
    static constexpr int X_BYTES = PARTS * BM * ROW_BYTES, STAGE_BYTES = X_BYTES + BN * ROW_BYTES;

    // A group finishes PIECE columns of its accumulators at a time, of a gated product half of them the gate's, by way of memory beside the ring.
    static constexpr int PIECE = BN < 64 ? BN : 64, PITCH = PIECE + 4, STORED = GATED ? PIECE / 2 : PIECE, RESULT_BYTES = 64 * PITCH * 4;

    // Tiles are taken BAND tiles of rows at a time, column after column: those that are computed together share rows and columns in the second-level cache.
    static constexpr int BAND = 8;

    uint ring, full, empty;
    int stretches, tall, wide;

    FUNCTION_MEMBER void begin(int rows, int columns, int inner)
    {
        ring = shared_at(shared_bytes);
        full = ring + STAGES * STAGE_BYTES + GROUPS * RESULT_BYTES;
        empty = full + 8 * STAGES;
        stretches = (inner + DEPTH - 1) / DEPTH;
        tall = (rows + BM - 1) / BM;
        wide = (columns + COLUMNS - 1) / COLUMNS;
        if (ITEM == 0)
        {
            for (int s = 0; s < STAGES; s++)
            {
                barrier_init(full + 8 * s, 1);
                barrier_init(empty + 8 * s, 4 * GROUPS);
            }

            barriers_ready();
        }

        BARRIER();
    }

    FUNCTION_MEMBER void tile_at(int i, int& row, int& column) const
    {
        int first = i / (BAND * wide) * BAND, rows = tall - first < BAND ? tall - first : BAND, within = i % (BAND * wide);
        row = (first + within % rows) * BM;
        column = within / rows * COLUMNS;
    }

    // The first time round a place is empty although nobody has said so: the phase before the first counts as over.
    FUNCTION_MEMBER void copy(const tensor_map* x, const tensor_map* weight, const tensor_map* up, int first_row, int rows) const
    {
        int place = 0, turn = 0, row, column;
        for (int i = (int)GROUP(0); i < tall * wide; i += (int)GROUPS_ALONG(0))
        {
            tile_at(i, row, column);
            for (int s = 0; s < stretches; s++)
            {
                uint at = ring + place * STAGE_BYTES, ready = full + 8 * place;
                barrier_wait(empty + 8 * place, turn ^ 1);
                barrier_expect(ready, STAGE_BYTES);
                for (int part = 0; part < PARTS; part++) copy_box(at + part * BM * ROW_BYTES, x, ready, s * DEPTH, part * rows + row);
                copy_box(at + X_BYTES, weight, ready, s * DEPTH, first_row + column);
                if (GATED) copy_box(at + X_BYTES + COLUMNS * ROW_BYTES, up, ready, s * DEPTH, column);
                next(place, turn);
            }
        }
    }

    FUNCTION_MEMBER static void next(int& place, int& turn)
    {
        place = place + 1 < STAGES ? place + 1 : 0;
        if (place == 0) turn ^= 1;
    }

    FUNCTION_MEMBER void release(int place) const
    {
        if (ITEM % 32 == 0) barrier_arrive(empty + 8 * place);
    }

    FUNCTION_MEMBER void multiply(float (&sums)[BN / 2], int group, int& place, int& turn) const
    {
        int before = 0;
        group_done(sums);
        for (int s = 0; s < stretches; s++)
        {
            uint at = ring + place * STAGE_BYTES;
            barrier_wait(full + 8 * place, turn);
            group_begin();
            ulong b = operand_at(at + X_BYTES);
            UNROLL for (int step = 0; step < DEPTH / 16; step++)
            {
                UNROLL for (int part = PARTS - 1; part >= 0; part--)
                    group_multiply(sums, operand_at(at + (part * BM + 64 * group) * ROW_BYTES) + 2 * step, b + 2 * step);
            }

            group_commit();
            group_wait<1>();
            if (s > 0) release(before);
            before = place;
            next(place, turn);
        }

        group_wait<0>();
        group_done(sums);
        release(before);
    }

    // Columns `piece` PIECE and on of the accumulators to memory; of a gated product those of the gate, then those of the other product.
    FUNCTION_MEMBER static void store_piece(const float (&sums)[BN / 2], float* to, int piece)
    {
        UNROLL for (int i = 0; i < PIECE / 8; i++)
        {
            int half = PIECE / 16, j = !GATED ? piece * (PIECE / 8) + i : i < half ? piece * half + i : BN / 16 + piece * half + i - half;
            *(float2*)(to + 8 * i) = float2{sums[4 * j], sums[4 * j + 1]};
            *(float2*)(to + 8 * i + 8 * PITCH) = float2{sums[4 * j + 2], sums[4 * j + 3]};
        }
    }

    FUNCTION_MEMBER void finish(const finish_steps& steps, const float (&sums)[BN / 2], int group, int item, int row, int column) const
    {
        float* tile = (float*)(shared_bytes + STAGES * STAGE_BYTES + group * RESULT_BYTES);
        float* own = tile + (item / 32 * 16 + item % 32 / 4) * PITCH + item % 4 * 2;
        ROLLED for (int piece = 0; piece < BN / PIECE; piece++)
        {
            // Everybody is done with the piece before.
            named_sync(1 + group, 128);
            UNROLL for (int p = 0; p < BN / PIECE; p++) if (p == piece) store_piece(sums, own, p);
            named_sync(1 + group, 128);
            finish_tile<64, STORED, 128, GATED>(steps, tile, PITCH, row + 64 * group, column + piece * STORED, item);
        }
    }

    FUNCTION_MEMBER void compute(const finish_steps& steps, int group, int item) const
    {
        int place = 0, turn = 0, row, column;
        for (int i = (int)GROUP(0); i < tall * wide; i += (int)GROUPS_ALONG(0))
        {
            float sums[BN / 2];
            UNROLL for (int l = 0; l < BN / 2; l++) sums[l] = 0.0f;
            multiply(sums, group, place, turn);
            tile_at(i, row, column);
            finish(steps, sums, group, item, row, column);
        }
    }

    FUNCTION_MEMBER void run(
        const tensor_map* x, const tensor_map* weight, const tensor_map* up, int first_row, const finish_steps& steps, int inner)
    {
        begin(steps.rows, steps.columns, inner);
        if (ITEM < 128)
        {
            if (BN == 256) fewer_registers<40>();
            if (ITEM == 0) copy(x, weight, up, first_row, steps.rows);
        }
        else
        {
            if (BN == 256) more_registers<232>();
            compute(steps, ITEM / 128 - 1, ITEM % 128);
        }
    }
};

#define HOPPER_KERNEL(name, PARTS, BM, BN, STAGES, GATED)                                                                          \
    KERNEL_OF(128 * (BM / 64 + 1), 1) void name(                                                                                   \
        const tensor_map x, const tensor_map weight, const tensor_map up, long first_row, FINISH_PARAMETERS)                       \
    {                                                                                                                              \
        hopper_product<PARTS, BM, BN, STAGES, GATED> product;                                                                      \
        product.run(                                                                                                               \
            PARAMETER_AT(name, 0, x), PARAMETER_AT(name, 1, weight), PARAMETER_AT(name, 2, up), (int)first_row, FINISH_STEPS, inner); \
    }
