// What the attentions on tensor cores share (tensor_attention.h, hopper_attention.h): where a tile's rows and keys lie, the online softmax of the rows a
// thread holds, keys and values as bf16. Queries, keys, probabilities and values are rounded to bf16; scores, maxima, sums and outputs are float32.
//
// A row is a query of one of the heads that share a key/value head. Keys come in blocks of KEYS that begin at multiples of KEYS, in ascending order; a block
// of which a row sees nothing leaves it as it is: a row's bits depend on its own query and keys alone.
#pragma once
#include "shared.h"
#include "tensor_words.h"

#define LOG2_E 1.44269504f

struct attention_form
{
    float scale, cap;
    int window, alibi;
};

// The score of a key from its scaled inner product, as AttentionSpec has it. tanh x = 1 - 2 / (1 + e^2x) is right to 2^-22 of the cap, far within what bf16 does
// to the product.
FUNCTION float attention_score(float s, float slope, int key, const attention_form& form)
{
    if (form.cap > 0.0f) s = FMA(-2.0f * form.cap, reciprocal(1.0f + power_of_two(s * (2.0f * LOG2_E / form.cap))), form.cap);
    return finish_score(s, slope, key, form.scale, 0.0f, form.alibi);
}

// Eight numbers rounded to bf16, the first in the lowest bits.
FUNCTION uint4 brain_eight(const float* from, bool aligned)
{
    float4 a = load_four(from, 0, 8, aligned), b = load_four(from, 4, 8, aligned);
    return uint4{brain_pair(a[0], a[1]), brain_pair(a[2], a[3]), brain_pair(b[0], b[1]), brain_pair(b[2], b[3])};
}

#define ATTENTION_PARAMETERS                                                                                                       \
    const float *q, long q_at, float *y, long y_at, const int *spans, const int *tiles, const int *starts, const float *slopes,    \
    const float *factors, long factors_at, int kv_heads, int group, float scale, float cap, int window, int alibi

#define ATTENTION_PLACE                                                                                                            \
    q + q_at, y + y_at, spans, tiles, starts, slopes, start_of(factors, factors_at), kv_heads, group, attention_form{scale, cap, window, alibi}

// A tile: ROWS rows from tiles[2i+1] on of sequence tiles[2i], i = GROUP(0), for the key/value head GROUP(1).
template <int ROWS, int DIM, int KEYS>
struct attention_place
{
    const float* q;
    float* y;
    const float *slopes, *factors;
    int kv_heads, group, kv_head, query_start, row0, rows, past, first, blocks;
    long key_row;
    attention_form form;

    FUNCTION_MEMBER void begin(
        const float* all_q, float* all_y, const int* spans, const int* tiles, const int* starts, const float* all_slopes, const float* all_factors,
        int key_heads, int heads_each, const attention_form& all_form)
    {
        q = all_q;
        y = all_y;
        slopes = all_slopes;
        factors = all_factors;
        kv_heads = key_heads;
        group = heads_each;
        form = all_form;
        int sequence = tiles[2 * GROUP(0)], queries = spans[4 * sequence + 1];
        kv_head = (int)GROUP(1);
        row0 = tiles[2 * GROUP(0) + 1];
        query_start = spans[4 * sequence];
        rows = queries * group;
        past = spans[4 * sequence + 3] - queries;
        int nearest = position(0), furthest = position(ROWS - 1);
        first = form.window > 0 && nearest >= form.window ? (nearest - form.window + 1) / KEYS * KEYS : 0;
        blocks = furthest / KEYS + 1 - first / KEYS;
        key_row = (long)starts[sequence] * KEYS + first;
    }

    // Rows behind the last one repeat it and are not stored.
    FUNCTION_MEMBER int row(int r) const { return row0 + r < rows ? row0 + r : rows - 1; }
    FUNCTION_MEMBER int position(int r) const { return past + row(r) / group; }
    FUNCTION_MEMBER int head(int r) const { return kv_head * group + row(r) % group; }
    FUNCTION_MEMBER long at(int r) const { return ((long)(query_start + row(r) / group) * (kv_heads * group) + head(r)) * DIM; }

    // Whether some row does not see all keys of the block that begins at `key`.
    FUNCTION_MEMBER bool masked(int key) const
    {
        return key + KEYS - 1 > position(0) || (form.window > 0 && key <= position(ROWS - 1) - form.window);
    }

    // Piece `piece` of eight elements of query r.
    FUNCTION_MEMBER uint4 query(int r, int piece) const { return brain_eight(q + at(r) + 8 * piece, (unsigned long)q % 16 == 0); }

    // Stores outputs[4 j + 2 half + side], column 8 j + 2 (lane % 4) + side, of row r; `inverse` of its sum.
    FUNCTION_MEMBER void store(int r, int half, const float (&outputs)[DIM / 2], float inverse) const
    {
        if (row0 + r >= rows) return;
        float* to = y + at(r);
        const float* factor = factors ? factors + (long)head(r) * DIM : nullptr;
        bool aligned = (unsigned long)y % 8 == 0;
        UNROLL for (int j = 0; j < DIM / 8; j++)
        {
            int c = 8 * j + ITEM % 4 * 2;
            float2 two = {outputs[4 * j + 2 * half] * inverse, outputs[4 * j + 2 * half + 1] * inverse};
            if (factor)
            {
                // Off means +0 even where the value was infinite or not a number.
                UNROLL for (int side = 0; side < 2; side++) two[side] = factor[c + side] == 0.0f ? 0.0f : two[side] * factor[c + side];
            }

            if (aligned) *(float2*)(to + c) = two;
            else UNROLL for (int side = 0; side < 2; side++) to[c + side] = two[side];
        }
    }
};

// The two rows a thread holds of an accumulator of the tensor cores: lane / 4 and 8 below. Four neighbouring lanes hold a row.
template <int KEYS>
struct attention_rows
{
    float maximum[2], sum[2];

    FUNCTION_MEMBER void begin()
    {
        UNROLL for (int half = 0; half < 2; half++)
        {
            maximum[half] = NO_MAXIMUM;
            sum[half] = 0.0f;
        }
    }

    // Inner products s[4 j + 2 half + side] with key first + 8 j + 2 (lane % 4) + side become probabilities, up to the factor that `sum` knows at the end;
    // what was summed before is to be multiplied by `grow`. Exponentials are powers of 2: unit makes of a score its logarithm to that base. What few blocks
    // need to know of a row is worked out there: registers are for the accumulators.
    template <typename Place>
    FUNCTION_MEMBER void step(float (&s)[KEYS / 2], int first, const Place& place, int r, float (&grow)[2])
    {
        const attention_form& form = place.form;
        int column = first + ITEM % 4 * 2;
        bool plain = form.cap <= 0.0f && form.alibi == 0 && form.scale > 0.0f;
        float unit = plain ? form.scale * LOG2_E : LOG2_E;
        if (!plain)
        {
            float slope[2] = {0.0f, 0.0f};
            UNROLL for (int half = 0; half < 2; half++) if (form.alibi) slope[half] = place.slopes[place.head(r + 8 * half)];
            UNROLL for (int i = 0; i < KEYS / 2; i++)
                s[i] = attention_score(s[i] * form.scale, slope[i / 2 % 2], column + 8 * (i / 4) + i % 2, form);
        }

        if (place.masked(first))
        {
            int position[2] = {place.position(r), place.position(r + 8)};
            UNROLL for (int i = 0; i < KEYS / 2; i++)
            {
                int key = column + 8 * (i / 4) + i % 2, own = position[i / 2 % 2];
                bool seen = key <= own && (form.window == 0 || key > own - form.window);
                s[i] = seen ? s[i] : -INFINITY;
            }
        }

        UNROLL for (int half = 0; half < 2; half++)
        {
            float largest = maximum[half];
            UNROLL for (int j = 0; j < KEYS / 8; j++) largest = larger_of(largest, larger_of(s[4 * j + 2 * half], s[4 * j + 2 * half + 1]));
            UNROLL for (int step = 1; step < 4; step *= 2) largest = larger_of(largest, shuffle_xor(largest, step));
            grow[half] = power_of_two((maximum[half] - largest) * unit);
            maximum[half] = largest;
            float less = 0.0f - largest * unit, even = 0.0f, odd = 0.0f;
            UNROLL for (int j = 0; j < KEYS / 8; j++)
            {
                float* two = &s[4 * j + 2 * half];
                two[0] = power_of_two(FMA(two[0], unit, less));
                two[1] = power_of_two(FMA(two[1], unit, less));
                even += two[0];
                odd += two[1];
            }

            sum[half] = FMA(sum[half], grow[half], even + odd);
        }
    }

    // 1 / the sum of a row, of whose columns four lanes hold a part each.
    FUNCTION_MEMBER float inverse(int half) const
    {
        float all = sum[half];
        UNROLL for (int step = 1; step < 4; step *= 2) all += shuffle_xor(all, step);
        return 1.0f / all;
    }
};

// What was summed before a block, multiplied by what its rows grew by.
template <int COUNT>
FUNCTION void attention_grow(float (&outputs)[COUNT], const float (&grow)[2])
{
    UNROLL for (int i = 0; i < COUNT; i++) outputs[i] *= grow[i / 2 % 2];
}

// Probabilities of 16 keys as the left operand of a multiplication: rows and halves of the keys as its registers hold them.
template <int COUNT>
FUNCTION void attention_operand(const float (&s)[COUNT], int step, uint* a)
{
    UNROLL for (int i = 0; i < 4; i++) a[i] = brain_pair(s[8 * step + 2 * i], s[8 * step + 2 * i + 1]);
}
