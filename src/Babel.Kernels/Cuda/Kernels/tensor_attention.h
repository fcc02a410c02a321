// Attention on tensor cores (compute capability 8.0 and later), scores never stored (Dao et al. 2022, arXiv 2205.14135; Dao 2023, arXiv 2307.08691): a warp
// takes 16 rows. Keys and values pass through two places each in shared memory, filled by asynchronous copies: keys of the next block arrive while values
// are multiplied, and the other way round. Accumulators of scores are, rounded to bf16, operands of the second product as they lie in registers.
//
// Of a row in shared memory the 16-byte pieces are exchanged by xor with its number, so that the eight rows ldmatrix reads at a time lie in different banks.
#pragma once
#include "attention_rows.h"

template <int WARPS, int DIM>
struct tensor_attention
{
    static constexpr int THREADS = 32 * WARPS, ROWS = 16 * WARPS, KEYS = 64;
    static constexpr int ROW_BYTES = 2 * DIM, PIECES = DIM / 8, TILE_BYTES = KEYS * ROW_BYTES, QUERY_BYTES = ROWS * ROW_BYTES;

    attention_place<ROWS, DIM, KEYS> place;

    // Heads of 96 have 12 pieces a row: there they are exchanged within fours, and neighbouring rows begin half of the banks apart.
    FUNCTION_MEMBER static uint spot(int row, int piece) { return (uint)(row * ROW_BYTES + ((piece ^ (DIM % 64 == 0 ? row % 8 : row / 2 % 4)) * 16)); }

    // 2 `step` pieces on from the spot of piece 0 or 1 of a row: one xor with a constant, for no carry leaves the exchanged bits.
    FUNCTION_MEMBER static uint along(uint at, int step) { return DIM % 64 == 0 ? at ^ (32 * step) : (at ^ (step % 2 * 32)) + step / 2 * 64; }

    FUNCTION_MEMBER void fetch(uint to, const ushort* from, int block) const
    {
        int stride = place.kv_heads * DIM;
        const ushort* first = from + (place.key_row + (long)block * KEYS) * stride + place.kv_head * DIM;
        UNROLL for (int u = ITEM; u < KEYS * PIECES; u += THREADS)
            copy_async(to + spot(u / PIECES, u % PIECES), first + u / PIECES * stride + u % PIECES * 8, true);
    }

    FUNCTION_MEMBER void store_queries() const
    {
        for (int u = ITEM; u < ROWS * PIECES; u += THREADS) *(uint4*)(shared_bytes + spot(u / PIECES, u % PIECES)) = place.query(u / PIECES, u % PIECES);
    }

    FUNCTION_MEMBER void multiply_keys(uint queries, uint keys, float (&s)[KEYS / 2]) const
    {
        int lane = ITEM % 32;
        queries += spot(ITEM / 32 * 16 + lane % 16, lane / 16);
        keys += spot(lane % 8 + lane / 16 * 8, lane / 8 % 2);
        UNROLL for (int i = 0; i < KEYS / 2; i++) s[i] = 0.0f;
        UNROLL for (int step = 0; step < DIM / 16; step++)
        {
            uint a[4], b[4];
            load_matrices(a, along(queries, step));
            UNROLL for (int j = 0; j < KEYS / 16; j++)
            {
                load_matrices(b, along(keys, step) + 16 * j * ROW_BYTES);
                multiply(s + 8 * j, a, b);
                multiply(s + 8 * j + 4, a, b + 2);
            }
        }
    }

    FUNCTION_MEMBER void multiply_values(uint values, const float (&s)[KEYS / 2], float (&outputs)[DIM / 2]) const
    {
        values += spot(ITEM % 16, ITEM % 32 / 16);
        UNROLL for (int step = 0; step < KEYS / 16; step++)
        {
            uint a[4], b[4];
            attention_operand(s, step, a);
            UNROLL for (int j = 0; j < DIM / 16; j++)
            {
                load_matrices_turned(b, along(values, j) + 16 * step * ROW_BYTES);
                multiply(outputs + 8 * j, a, b);
                multiply(outputs + 8 * j + 4, a, b + 2);
            }
        }
    }

    FUNCTION_MEMBER void run(const ushort* keys, const ushort* values)
    {
        uint queries = shared_at(shared_bytes), key_tiles = queries + QUERY_BYTES, value_tiles = key_tiles + 2 * TILE_BYTES;
        fetch(key_tiles, keys, 0);
        copy_commit();
        fetch(value_tiles, values, 0);
        copy_commit();
        store_queries();

        int row = ITEM / 32 * 16 + ITEM % 32 / 4;
        float outputs[DIM / 2], s[KEYS / 2], grow[2];
        UNROLL for (int i = 0; i < DIM / 2; i++) outputs[i] = 0.0f;
        attention_rows<KEYS> rows;
        rows.begin();
        for (int block = 0; block < place.blocks; block++)
        {
            int turn = block % 2 * TILE_BYTES, next = TILE_BYTES - turn;
            bool more = block + 1 < place.blocks;

            // This block's keys are there, and everybody is done with those before, whose place the next ones take. The same with values.
            copy_wait<1>();
            BARRIER();
            if (more) fetch(key_tiles + next, keys, block + 1);
            copy_commit();
            multiply_keys(queries, key_tiles + turn, s);
            rows.step(s, place.first + block * KEYS, place, row, grow);
            attention_grow(outputs, grow);

            copy_wait<1>();
            BARRIER();
            if (more) fetch(value_tiles + next, values, block + 1);
            copy_commit();
            multiply_values(value_tiles + turn, s, outputs);
        }

        UNROLL for (int half = 0; half < 2; half++) place.store(row + 8 * half, half, outputs, rows.inverse(half));
    }
};

// So that four warps may be twice on a multiprocessor.
#define TENSOR_ATTENTION_KERNEL(name, WARPS, DIM)                                                                                  \
    KERNEL_OF(32 * WARPS, 8 / WARPS) void name(const ushort* keys, long values_at, ATTENTION_PARAMETERS)                            \
    {                                                                                                                              \
        tensor_attention<WARPS, DIM> attention;                                                                                    \
        attention.place.begin(ATTENTION_PLACE);                                                                                    \
        attention.run(keys, keys + values_at);                                                                                     \
    }
