// The matrix product y = x W^T on the tensor cores of compute capability 9.0 for bf16 weights: x in PARTS bf16 parts (split.h), one below the other in one
// matrix. The tensor memory accelerator brings boxes of both operands to shared memory; groups of four warps multiply from there, 64 rows each, into
// registers. As in tensor_product.h an output takes the inner index 16 at a time in ascending order, the smallest part first.
//
// The first group only orders copies, into a ring of STAGES stretches of 64 of the inner index; the others wait for a stretch to be full, multiply, and
// report it empty once the multiplications after it are under way.
#pragma once
#include "finish.h"
#include "hopper_words.h"

template <int PARTS, int BM, int BN, int STAGES, bool GATED>
struct hopper_product
{
    static constexpr int DEPTH = 64, ROW_BYTES = 2 * DEPTH, GROUPS = BM / 64, THREADS = 128 * (GROUPS + 1), PITCH = BN + 4;
    static constexpr int COLUMNS = GATED ? BN / 2 : BN, X_BYTES = PARTS * BM * ROW_BYTES, STAGE_BYTES = X_BYTES + BN * ROW_BYTES;

    uint ring, full, empty;
    int inner, stretches, row0, column0;

    FUNCTION_MEMBER void begin(int all)
    {
        ring = shared_at(shared_bytes);
        full = ring + STAGES * STAGE_BYTES;
        empty = full + 8 * STAGES;
        inner = all;
        stretches = (inner + DEPTH - 1) / DEPTH;
        row0 = (int)GROUP(1) * BM;
        column0 = (int)GROUP(0) * COLUMNS;
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

    // The first time round a place is empty although nobody has said so: the phase before the first counts as over.
    FUNCTION_MEMBER void copy(const tensor_map* x, const tensor_map* weight, const tensor_map* up, int first_row, int rows) const
    {
        for (int s = 0; s < stretches; s++)
        {
            int place = s % STAGES, turn = s / STAGES % 2, k = s * DEPTH;
            uint at = ring + place * STAGE_BYTES, ready = full + 8 * place;
            barrier_wait(empty + 8 * place, turn ^ 1);
            barrier_expect(ready, STAGE_BYTES);
            for (int part = 0; part < PARTS; part++) copy_box(at + part * BM * ROW_BYTES, x, ready, k, part * rows + row0);
            copy_box(at + X_BYTES, weight, ready, k, first_row + column0);
            if (GATED) copy_box(at + X_BYTES + COLUMNS * ROW_BYTES, up, ready, k, column0);
        }
    }

    FUNCTION_MEMBER void multiply(float (&sums)[BN / 2]) const
    {
        int group = ITEM / 128 - 1;
        for (int s = 0; s < stretches; s++)
        {
            int place = s % STAGES;
            uint at = ring + place * STAGE_BYTES;
            barrier_wait(full + 8 * place, s / STAGES % 2);
            group_begin();
            ulong b = operand_at(at + X_BYTES);
            UNROLL for (int step = 0; step < DEPTH / 16; step++)
            {
                UNROLL for (int part = PARTS - 1; part >= 0; part--)
                    group_multiply(sums, operand_at(at + (part * BM + 64 * group) * ROW_BYTES) + 2 * step, b + 2 * step);
            }

            group_commit();
            group_wait<1>();
            if (s > 0 && ITEM % 32 == 0) barrier_arrive(empty + 8 * ((s - 1) % STAGES));
        }

        group_wait<0>();
    }

    FUNCTION_MEMBER void run(
        const tensor_map* x, const tensor_map* weight, const tensor_map* up, int first_row, const finish_steps& steps, int all)
    {
        begin(all);
        if (ITEM < 128)
        {
            if (BN == 256) fewer_registers<40>();
            if (ITEM == 0) copy(x, weight, up, first_row, steps.rows);
            BARRIER();
            BARRIER();
            return;
        }

        if (BN == 256) more_registers<232>();
        float sums[BN / 2];
        UNROLL for (int i = 0; i < BN / 2; i++) sums[i] = 0.0f;
        multiply(sums);

        // The results go through the ring's memory, when nobody multiplies from it any more.
        BARRIER();
        float* tile = (float*)shared_bytes;
        int item = ITEM - 128, row = item / 32 * 16 + item % 32 / 4;
        UNROLL for (int j = 0; j < BN / 8; j++)
        {
            float* to = tile + row * PITCH + 8 * j + item % 4 * 2;
            *(float2*)to = float2{sums[4 * j], sums[4 * j + 1]};
            *(float2*)(to + 8 * PITCH) = float2{sums[4 * j + 2], sums[4 * j + 3]};
        }

        BARRIER();
        finish_tile<BM, COLUMNS, 128 * GROUPS, GATED>(steps, tile, PITCH, row0, column0, item);
    }
};

#define HOPPER_KERNEL(name, PARTS, BM, BN, STAGES, GATED)                                                                          \
    KERNEL_OF(128 * (BM / 64 + 1), 1) void name(                                                                                   \
        const tensor_map x, const tensor_map weight, const tensor_map up, long first_row, FINISH_PARAMETERS)                       \
    {                                                                                                                              \
        hopper_product<PARTS, BM, BN, STAGES, GATED> product;                                                                      \
        product.run(PARAMETER_AT(name, 0, x), PARAMETER_AT(name, 1, weight), PARAMETER_AT(name, 2, up), (int)first_row, FINISH_STEPS, inner);     \
    }
