// Attention on the ordinary float units, exact to float32 rounding, without storing the scores: tiles of queries and keys in shared memory and an
// online softmax (Milakov and Gimelshein 2018, arXiv 1805.02867; the tiling of Dao et al. 2022, arXiv 2205.14135).
//
// A row is a query of one of the heads that share a key/value head, so keys and values are read once for the whole group. A block of 16 x 8 threads
// takes ROWS rows; a thread has ROWS/16 rows, and of these 4 of 32 scores and DIM/8 of the output. Keys come in blocks that begin at multiples of
// 32, sums run over ascending keys and through one tree of eight threads: a row's bits depend on its own query and keys alone.
#pragma once
#include "shared.h"

#define ATTENTION_THREADS 128
#define ATTENTION_KEYS 32

FUNCTION float larger_of_eight(float x)
{
    UNROLL for (int step = 1; step < 8; step *= 2)
    {
        float other = shuffle_xor(x, step);
        x = other > x ? other : x;
    }

    return x;
}

FUNCTION float sum_of_eight(float x)
{
    UNROLL for (int step = 1; step < 8; step *= 2) x += shuffle_xor(x, step);
    return x;
}

// What the scores of a tile need to know.
struct attention_scoring
{
    float scale, cap;
    int window, alibi;
};

template <int ROWS, int DIM>
struct attention_tile
{
    static constexpr int OWN = ROWS / 16, QP = ROWS + 4, KP = ATTENTION_KEYS + 4, VP = DIM + 4, PP = ATTENTION_KEYS + 4;
    static constexpr int PANEL_FLOATS = DIM * KP > ATTENTION_KEYS * VP ? DIM * KP : ATTENTION_KEYS * VP;

    // [DIM][QP] queries; then, one after the other in the same place, [DIM][KP] keys and [32][VP] values; [ROWS][PP] probabilities.
    float *queries, *panel, *probabilities;
    int tx, ty, head_dim, padded;
    int position[OWN];
    float slope[OWN];
    attention_scoring scoring;

    FUNCTION_MEMBER void load_keys(const float* keys, long stride, int first, int key_length, bool aligned)
    {
        // A lane takes a key, so that the transposed store meets no bank twice.
        int key = first + (ITEM & 31);
        for (int c = ITEM / 32 * 4; c < padded; c += ATTENTION_THREADS / 32 * 4)
        {
            float4 four = key < key_length ? load_four(keys + key * stride, c, head_dim, aligned) : float4{0.0f, 0.0f, 0.0f, 0.0f};
            UNROLL for (int i = 0; i < 4; i++) panel[(c + i) * KP + (ITEM & 31)] = four[i];
        }
    }

    FUNCTION_MEMBER void load_values(const float* values, long stride, int first, int key_length, bool aligned)
    {
        int quads = padded / 4;
        for (int i = ITEM; i < ATTENTION_KEYS * quads; i += ATTENTION_THREADS)
        {
            int key = first + i / quads, c = i % quads * 4;
            *(float4*)(panel + i / quads * VP + c) =
                key < key_length ? load_four(values + key * stride, c, head_dim, aligned) : float4{0.0f, 0.0f, 0.0f, 0.0f};
        }
    }

    // scores[i][j] of own row i and key first + 4 tx + j; -inf where it is not seen.
    FUNCTION_MEMBER void score(int first, float (&scores)[OWN][4])
    {
        UNROLL for (int i = 0; i < OWN; i++) UNROLL for (int j = 0; j < 4; j++) scores[i][j] = 0.0f;
        for (int c = 0; c < head_dim; c++)
        {
            float4 key = *(const float4*)(panel + c * KP + 4 * tx);
            UNROLL for (int i = 0; i < OWN; i++)
            {
                float query = queries[c * QP + ty * OWN + i];
                UNROLL for (int j = 0; j < 4; j++) scores[i][j] = FMA(query, key[j], scores[i][j]);
            }
        }

        UNROLL for (int i = 0; i < OWN; i++)
        {
            UNROLL for (int j = 0; j < 4; j++)
            {
                int key = first + 4 * tx + j;
                bool seen = key <= position[i] && (scoring.window == 0 || key > position[i] - scoring.window);
                float s = finish_score(scores[i][j] * scoring.scale, slope[i], key, scoring.scale, scoring.cap, scoring.alibi);
                scores[i][j] = seen ? s : -INFINITY;
            }
        }
    }
};

template <int ROWS, int DIM>
FUNCTION void attend(
    const float* q, const float* k, const float* v, float* y, const int* spans, const int* tiles, const float* slopes, const float* factors,
    float* pattern, const long* pattern_starts, int kv_heads, int group, int head_dim, attention_scoring scoring)
{
    using Tile = attention_tile<ROWS, DIM>;
    constexpr int OWN = Tile::OWN, GROUPS = DIM / 32;
    Tile tile;
    tile.queries = (float*)shared_bytes;
    tile.panel = tile.queries + DIM * Tile::QP;
    tile.probabilities = tile.panel + Tile::PANEL_FLOATS;
    tile.tx = ITEM % 8;
    tile.ty = ITEM / 8;
    tile.head_dim = head_dim;
    tile.padded = (head_dim + 3) / 4 * 4;
    tile.scoring = scoring;

    int sequence = tiles[2 * GROUP(0)], row0 = tiles[2 * GROUP(0) + 1], kv_head = (int)GROUP(1);
    int query_start = spans[4 * sequence], queries = spans[4 * sequence + 1];
    int key_start = spans[4 * sequence + 2], key_length = spans[4 * sequence + 3];
    int rows = queries * group, heads = kv_heads * group, past = key_length - queries;
    long stride = (long)kv_heads * head_dim;
    const float* keys = k + key_start * stride + (long)kv_head * head_dim;
    const float* values = v + key_start * stride + (long)kv_head * head_dim;
    bool aligned = head_dim % 4 == 0 && ((unsigned long)q | (unsigned long)k | (unsigned long)v) % 16 == 0;

    // Rows behind the last one repeat it and are not stored.
    auto place = [&](int r)
    {
        int row = row0 + r < rows ? row0 + r : rows - 1;
        return ((long)(query_start + row / group) * heads + kv_head * group + row % group) * head_dim;
    };
    for (int i = ITEM; i < ROWS * (tile.padded / 4); i += ATTENTION_THREADS)
    {
        int r = i % ROWS, c = i / ROWS * 4;
        float4 four = load_four(q + place(r), c, head_dim, aligned);
        UNROLL for (int j = 0; j < 4; j++) tile.queries[(c + j) * Tile::QP + r] = four[j];
    }

    UNROLL for (int i = 0; i < OWN; i++)
    {
        int r = row0 + tile.ty * OWN + i, row = r < rows ? r : rows - 1;
        tile.position[i] = past + row / group;
        tile.slope[i] = scoring.alibi ? slopes[kv_head * group + row % group] : 0.0f;
    }

    int last_row = row0 + ROWS < rows ? row0 + ROWS - 1 : rows - 1;
    int nearest = past + row0 / group, furthest = past + last_row / group;
    int first = scoring.window > 0 && nearest >= scoring.window ? (nearest - scoring.window + 1) / ATTENTION_KEYS * ATTENTION_KEYS : 0;
    float output[OWN][GROUPS][4], maximum[OWN], sum[OWN];
    UNROLL for (int i = 0; i < OWN; i++)
    {
        maximum[i] = NO_MAXIMUM;
        sum[i] = 0.0f;
        UNROLL for (int g = 0; g < GROUPS; g++) UNROLL for (int l = 0; l < 4; l++) output[i][g][l] = 0.0f;
    }

    float scores[OWN][4];
    for (int block = first; block <= furthest; block += ATTENTION_KEYS)
    {
        BARRIER();
        tile.load_keys(keys, stride, block, key_length, aligned);
        BARRIER();
        tile.score(block, scores);
        UNROLL for (int i = 0; i < OWN; i++)
        {
            float largest = maximum[i];
            UNROLL for (int j = 0; j < 4; j++) largest = scores[i][j] > largest ? scores[i][j] : largest;
            largest = larger_of_eight(largest);
            float grow = v_exp(maximum[i] - largest);
            UNROLL for (int j = 0; j < 4; j++) scores[i][j] = v_exp(scores[i][j] - largest);
            sum[i] = FMA(sum[i], grow, sum_of_eight((scores[i][0] + scores[i][1]) + (scores[i][2] + scores[i][3])));
            maximum[i] = largest;
            UNROLL for (int g = 0; g < GROUPS; g++) UNROLL for (int l = 0; l < 4; l++) output[i][g][l] *= grow;
            *(float4*)(tile.probabilities + (tile.ty * OWN + i) * Tile::PP + 4 * tile.tx) =
                float4{scores[i][0], scores[i][1], scores[i][2], scores[i][3]};
        }

        BARRIER();
        tile.load_values(values, stride, block, key_length, aligned);
        BARRIER();
        for (int j = 0; j < ATTENTION_KEYS; j++)
        {
            float p[OWN];
            UNROLL for (int i = 0; i < OWN; i++) p[i] = tile.probabilities[(tile.ty * OWN + i) * Tile::PP + j];
            UNROLL for (int g = 0; g < GROUPS; g++)
            {
                // Columns behind the head are never written and never stored; what they hold does not matter.
                float4 value = *(const float4*)(tile.panel + j * Tile::VP + 32 * g + 4 * tile.tx);
                UNROLL for (int i = 0; i < OWN; i++) UNROLL for (int l = 0; l < 4; l++) output[i][g][l] = FMA(p[i], value[l], output[i][g][l]);
            }
        }
    }

    UNROLL for (int i = 0; i < OWN; i++)
    {
        int r = tile.ty * OWN + i;
        if (row0 + r >= rows) continue;
        long at = place(r);
        int head = kv_head * group + (row0 + r) % group;
        UNROLL for (int g = 0; g < GROUPS; g++)
        {
            UNROLL for (int l = 0; l < 4; l++)
            {
                int c = 32 * g + 4 * tile.tx + l;
                if (c >= head_dim) continue;
                float value = output[i][g][l] / sum[i];
                if (factors)
                {
                    // Off means +0 even where the value was infinite or not a number.
                    float factor = factors[(long)head * head_dim + c];
                    value = factor == 0.0f ? 0.0f : value * factor;
                }

                y[at + c] = value;
            }
        }
    }

    if (!pattern) return;

    // The probabilities themselves, where they are wanted: the scores once more, now that a row's maximum and sum are known.
    for (int block = 0; block < key_length; block += ATTENTION_KEYS)
    {
        BARRIER();
        tile.load_keys(keys, stride, block, key_length, aligned);
        BARRIER();
        tile.score(block, scores);
        UNROLL for (int i = 0; i < OWN; i++)
        {
            int row = row0 + tile.ty * OWN + i, head = kv_head * group + row % group;
            if (row >= rows) continue;
            float* to = pattern + pattern_starts[sequence] + ((long)head * queries + row / group) * key_length;
            UNROLL for (int j = 0; j < 4; j++)
            {
                int key = block + 4 * tile.tx + j;
                if (key < key_length) to[key] = v_exp(scores[i][j] - maximum[i]) / sum[i];
            }
        }
    }
}

// One group a tile: rows from tiles[2i+1] on of sequence tiles[2i], for the key/value head GROUP(1).
#define ATTENTION_KERNEL(name, ROWS, DIM)                                                                                          \
    KERNEL_OF(ATTENTION_THREADS, 1) void name(                                                                                     \
        const float* q, long q_at, const float* k, long k_at, const float* v, long v_at, float* y, long y_at, const int* spans,    \
        const int* tiles, const float* slopes, const float* factors, long factors_at, float* pattern, long pattern_at,             \
        const long* pattern_starts, int kv_heads, int group, int head_dim, float scale, float cap, int window, int alibi)          \
    {                                                                                                                              \
        attend<ROWS, DIM>(q + q_at, k + k_at, v + v_at, y + y_at, spans, tiles, slopes, start_of(factors, factors_at),             \
            start_of(pattern, pattern_at), pattern_starts, kv_heads, group, head_dim, attention_scoring{scale, cap, window, alibi}); \
    }
