// Attention on the tensor cores of compute capability 9.0 (after Shah et al. 2024, arXiv 2407.08608): the tensor memory accelerator brings blocks of keys and
// values; GROUPS groups of four warps take 64 rows each. A group's scores of the next block are multiplied while the values of the last one are, and while
// its exponentials are computed the other group multiplies: they take turns. Probabilities go from the accumulators of the first product, rounded to bf16,
// into the second as its left operand, without leaving registers.
//
// In shared memory a row of 64 elements is 128 bytes, its 16-byte pieces exchanged within every 8 rows; longer heads are two such stretches, one below the
// other.
#pragma once
#include "attention_rows.h"
#include "hopper_words.h"

template <int GROUPS, int DIM>
struct hopper_attention
{
    static constexpr int ROWS = 64 * GROUPS, KEYS = 128, STAGES = 2, STRETCHES = (DIM + 63) / 64, PIECES = DIM / 8;
    static constexpr int GROUP_BYTES = STRETCHES * 64 * 128, STRETCH_BYTES = KEYS * 128, TILE_BYTES = STRETCHES * STRETCH_BYTES;

    // Named barriers: TURN + g lets group g multiply, READY + g says that its queries lie in shared memory. 0 is that of the whole block.
    static constexpr int TURN = 1, READY = 1 + GROUPS;

    attention_place<ROWS, DIM, KEYS> place;
    uint key_tiles, value_tiles, keys_full, keys_empty, values_full, values_empty;

    FUNCTION_MEMBER void begin()
    {
        key_tiles = shared_at(shared_bytes) + GROUPS * GROUP_BYTES;
        value_tiles = key_tiles + STAGES * TILE_BYTES;
        keys_full = value_tiles + STAGES * TILE_BYTES;
        keys_empty = keys_full + 8 * STAGES;
        values_full = keys_empty + 8 * STAGES;
        values_empty = values_full + 8 * STAGES;
        if (ITEM == 0)
        {
            for (int s = 0; s < STAGES; s++)
            {
                barrier_init(keys_full + 8 * s, 1);
                barrier_init(values_full + 8 * s, 1);
                barrier_init(keys_empty + 8 * s, 4 * GROUPS);
                barrier_init(values_empty + 8 * s, 4 * GROUPS);
            }

            barriers_ready();
        }

        BARRIER();
    }

    FUNCTION_MEMBER void copy_tile(uint tiles, uint full, uint empty, const tensor_map* map, int block) const
    {
        int at = block % STAGES, turn = block / STAGES % 2;
        barrier_wait(empty + 8 * at, turn ^ 1);
        barrier_expect(full + 8 * at, TILE_BYTES);
        for (int i = 0; i < STRETCHES; i++)
        {
            copy_box(
                tiles + at * TILE_BYTES + i * STRETCH_BYTES, map, full + 8 * at, place.kv_head * DIM + 64 * i, (int)place.key_row + block * KEYS);
        }
    }

    FUNCTION_MEMBER void copy(const tensor_map* keys, const tensor_map* values) const
    {
        for (int block = 0; block < place.blocks; block++)
        {
            copy_tile(key_tiles, keys_full, keys_empty, keys, block);
            copy_tile(value_tiles, values_full, values_empty, values, block);
        }
    }

    FUNCTION_MEMBER void store_queries(int group, int item) const
    {
        uchar* to = shared_bytes + group * GROUP_BYTES;
        for (int u = item; u < 64 * PIECES; u += 128)
        {
            int r = u / PIECES, piece = u % PIECES;
            *(uint4*)(to + piece / 8 * (64 * 128) + r * 128 + (piece % 8 ^ r % 8) * 16) = place.query(64 * group + r, piece);
        }

        shared_ready();
        named_sync(READY + group, 128);
    }

    FUNCTION_MEMBER void multiply_keys(int group, int block, float (&s)[KEYS / 2]) const
    {
        uint a = shared_at(shared_bytes) + group * GROUP_BYTES, b = key_tiles + block % STAGES * TILE_BYTES;
        group_begin();
        UNROLL for (int step = 0; step < DIM / 16; step++)
        {
            ulong left = operand_at(a + step / 4 * (64 * 128)) + 2 * (step % 4), right = operand_at(b + step / 4 * STRETCH_BYTES) + 2 * (step % 4);
            if (step == 0) group_multiply_anew(s, left, right);
            else group_multiply(s, left, right);
        }

        group_commit();
    }

    FUNCTION_MEMBER void multiply_values(int block, const uint (&p)[KEYS / 16][4], float (&outputs)[DIM / 2]) const
    {
        uint at = value_tiles + block % STAGES * TILE_BYTES;
        group_begin();
        UNROLL for (int step = 0; step < KEYS / 16; step++)
            group_multiply_turned(outputs, p[step], turned_operand_at(at + step * 16 * 128, STRETCH_BYTES));
        group_commit();
    }

    FUNCTION_MEMBER void await(uint full, int block) const { barrier_wait(full + 8 * (block % STAGES), block / STAGES % 2); }

    FUNCTION_MEMBER void release(uint empty, int block) const
    {
        if (ITEM % 32 == 0) barrier_arrive(empty + 8 * (block % STAGES));
    }

    // A group waits until it is its turn, and hands over when its multiplications are under way. Group 0 begins; the last hands over to nobody.
    FUNCTION_MEMBER void take_turn(int group) const { if (GROUPS > 1) named_sync(TURN + group, 256); }

    FUNCTION_MEMBER void hand_over(int group, bool last) const
    {
        if (GROUPS > 1 && (group == 0 || !last)) named_arrive(TURN + (group ^ 1), 256);
    }

    FUNCTION_MEMBER void attend(int group, int item)
    {
        store_queries(group, item);
        int row = 64 * group + item / 32 * 16 + item % 32 / 4, last = place.blocks - 1;
        float s[KEYS / 2], outputs[DIM / 2], grow[2];
        uint p[KEYS / 16][4];
        UNROLL for (int i = 0; i < DIM / 2; i++) outputs[i] = 0.0f;
        attention_rows<KEYS> rows;
        rows.begin();
        if (GROUPS > 1 && group == 1) named_arrive(TURN, 256);

        await(keys_full, 0);
        take_turn(group);
        multiply_keys(group, 0, s);
        hand_over(group, last == 0);
        group_wait<0>();
        group_done(s);
        release(keys_empty, 0);
        rows.step(s, place.first, place, row, grow);
        UNROLL for (int step = 0; step < KEYS / 16; step++) attention_operand(s, step, p[step]);
        group_done(outputs);
        group_done(p);

        for (int block = 1; block <= last; block++)
        {
            await(keys_full, block);
            take_turn(group);
            multiply_keys(group, block, s);
            await(values_full, block - 1);
            multiply_values(block - 1, p, outputs);
            hand_over(group, block == last);
            group_wait<1>();
            group_done(s);
            release(keys_empty, block);
            rows.step(s, place.first + block * KEYS, place, row, grow);
            group_wait<0>();
            group_done(outputs);
            group_done(p);
            release(values_empty, block - 1);
            attention_grow(outputs, grow);
            UNROLL for (int step = 0; step < KEYS / 16; step++) attention_operand(s, step, p[step]);
            group_done(outputs);
            group_done(p);
        }

        await(values_full, last);
        multiply_values(last, p, outputs);
        group_wait<0>();
        group_done(outputs);
        group_done(p);
        UNROLL for (int half = 0; half < 2; half++) place.store(row + 8 * half, half, outputs, rows.inverse(half));
    }

    FUNCTION_MEMBER void run(const tensor_map* keys, const tensor_map* values)
    {
        begin();
        if (ITEM < 128)
        {
            if (GROUPS > 1) fewer_registers<24>();
            if (ITEM == 0) copy(keys, values);
        }
        else
        {
            if (GROUPS > 1) more_registers<240>();
            attend(ITEM / 128 - 1, ITEM % 128);
        }
    }
};

#define HOPPER_ATTENTION_KERNEL(name, GROUPS, DIM)                                                                                 \
    KERNEL_OF(128 * (GROUPS + 1), 1) void name(const tensor_map keys, const tensor_map values, ATTENTION_PARAMETERS)               \
    {                                                                                                                              \
        hopper_attention<GROUPS, DIM> attention;                                                                                   \
        attention.place.begin(ATTENTION_PLACE);                                                                                    \
        attention.run(PARAMETER_AT(name, 0, keys), PARAMETER_AT(name, 1, values));                                                 \
    }
