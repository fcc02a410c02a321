// Attention without storing the scores (online softmax, Milakov and Gimelshein 2018, arXiv 1805.02867). A row is a query of one of the heads
// that share a key/value head; a row is a lane, so that nothing is ever summed across lanes and a row's bits depend on its own query alone.
// Keys come in blocks that begin at multiples of KEY_BLOCK.
//
// HEAD_ROOM, at least head_dim and a multiple of 4, is what an item keeps of a row.

#ifndef HEAD_ROOM
#define HEAD_ROOM 128
#endif
#define KEY_BLOCK 32

// What all steps of an attention need to know of its rows.
typedef struct
{
    int group, window, alibi;
    float scale, cap;
    real slope;
    ints position;
} attention_rows;

FUNCTION ints attention_hidden(const attention_rows* rows, int key)
{
    ints hidden = SPLAT_INT(key) > rows->position;
    if (rows->window > 0) hidden = hidden | (SPLAT_INT(key) <= rows->position - SPLAT_INT(rows->window));
    return hidden;
}

FUNCTION real attention_score(const attention_rows* rows, real dot, int key)
{
    real s = finish_score(dot * SPLAT(rows->scale), rows->slope, key, rows->scale, rows->cap, rows->alibi);
    return SELECT(attention_hidden(rows, key), SPLAT(-INFINITY), s);
}

// Scores of keys first .. first + count, four at a time: a query's element is loaded once for them.
FUNCTION void attention_scores(
    const real* query, GLOBAL const float* keys, long stride, int head_dim, const attention_rows* rows, int first, int count, real* scores)
{
    int j = 0;
    for (; j + 4 <= count; j += 4)
    {
        GLOBAL const float* k0 = keys + (first + j) * stride;
        GLOBAL const float* k1 = k0 + stride;
        GLOBAL const float* k2 = k1 + stride;
        GLOBAL const float* k3 = k2 + stride;
        real s0 = SPLAT(0.0f), s1 = s0, s2 = s0, s3 = s0;
        for (int c = 0; c < head_dim; c++)
        {
            real q = query[c];
            s0 = FMA(q, SPLAT(k0[c]), s0);
            s1 = FMA(q, SPLAT(k1[c]), s1);
            s2 = FMA(q, SPLAT(k2[c]), s2);
            s3 = FMA(q, SPLAT(k3[c]), s3);
        }

        scores[j] = attention_score(rows, s0, first + j);
        scores[j + 1] = attention_score(rows, s1, first + j + 1);
        scores[j + 2] = attention_score(rows, s2, first + j + 2);
        scores[j + 3] = attention_score(rows, s3, first + j + 3);
    }

    for (; j < count; j++)
    {
        GLOBAL const float* key = keys + (first + j) * stride;
        real sum = SPLAT(0.0f);
        for (int c = 0; c < head_dim; c++) sum = FMA(query[c], SPLAT(key[c]), sum);
        scores[j] = attention_score(rows, sum, first + j);
    }
}

// output += sum of probability times value, four dimensions at a time.
FUNCTION void attention_values(
    real* output, GLOBAL const float* values, long stride, int head_dim, const real* p, int first, int count, real grow)
{
    int c = 0;
    for (; c + 4 <= head_dim; c += 4)
    {
        GLOBAL const float* v = values + first * stride + c;
        real o0 = output[c] * grow, o1 = output[c + 1] * grow, o2 = output[c + 2] * grow, o3 = output[c + 3] * grow;
        for (int j = 0; j < count; j++, v += stride)
        {
            real weight = p[j];
            o0 = FMA(weight, SPLAT(v[0]), o0);
            o1 = FMA(weight, SPLAT(v[1]), o1);
            o2 = FMA(weight, SPLAT(v[2]), o2);
            o3 = FMA(weight, SPLAT(v[3]), o3);
        }

        output[c] = o0;
        output[c + 1] = o1;
        output[c + 2] = o2;
        output[c + 3] = o3;
    }

    for (; c < head_dim; c++)
    {
        GLOBAL const float* v = values + first * stride + c;
        real o = output[c] * grow;
        for (int j = 0; j < count; j++, v += stride) o = FMA(p[j], SPLAT(*v), o);
        output[c] = o;
    }
}

// A group takes a tile: rows from tiles[2i+1] on of sequence tiles[2i], for the key/value head GROUP(1). An item takes LANES of them.
// The last pass, where a pattern is wanted, works the scores out again.
KERNEL_OF(ATTENTION_LOCAL, 1) void attention(
    GLOBAL const float* q, long q_at, GLOBAL const float* k, long k_at, GLOBAL const float* v, long v_at, GLOBAL float* y, long y_at,
    GLOBAL const int* spans, GLOBAL const int* tiles, GLOBAL const float* slopes, GLOBAL const float* factors, long factors_at,
    int has_factors, GLOBAL float* pattern, long pattern_at, int has_pattern, GLOBAL const long* pattern_starts,
    int kv_heads, int group, int head_dim, float scale, float cap, int window, int alibi)
{
    int sequence = tiles[2 * GROUP(0)], row = tiles[2 * GROUP(0) + 1] + ITEM * LANES, kv_head = (int)GROUP(1);
    int query_start = spans[4 * sequence], queries = spans[4 * sequence + 1];
    int key_start = spans[4 * sequence + 2], key_length = spans[4 * sequence + 3];
    int rows_left = queries * group - row;
    if (rows_left <= 0) return;
    int count = rows_left < LANES ? rows_left : LANES, heads = kv_heads * group, past = key_length - queries;
    long stride = (long)kv_heads * head_dim;
    GLOBAL const float* keys = k + k_at + key_start * stride + (long)kv_head * head_dim;
    GLOBAL const float* values = v + v_at + key_start * stride + (long)kv_head * head_dim;

    attention_rows rows;
    rows.group = group;
    rows.window = window;
    rows.alibi = alibi;
    rows.scale = scale;
    rows.cap = cap;
    real query[HEAD_ROOM], output[HEAD_ROOM], scores[KEY_BLOCK];
    float part[LANES], slope[LANES];
    int position[LANES];
    long place[LANES];
    for (int l = 0; l < LANES; l++)
    {
        // Lanes without a row repeat the last one and are not stored.
        int r = row + (l < count ? l : count - 1), head = kv_head * group + r % group;
        place[l] = ((long)(query_start + r / group) * heads + head) * head_dim;
        position[l] = past + r / group;
        slope[l] = alibi ? slopes[head] : 0.0f;
    }

    rows.slope = load_private(slope);
    rows.position = load_private_ints(position);
    for (int c = 0; c < head_dim; c++)
    {
        for (int l = 0; l < LANES; l++) part[l] = q[q_at + place[l] + c];
        query[c] = load_private(part);
        output[c] = SPLAT(0.0f);
    }

    int nearest = past + row / group, furthest = past + (row + count - 1) / group;
    int first = window > 0 && nearest >= window ? (nearest - window + 1) / KEY_BLOCK * KEY_BLOCK : 0;
    real maximum = SPLAT(NO_MAXIMUM), sum = SPLAT(0.0f);
    for (int block = first; block <= furthest; block += KEY_BLOCK)
    {
        int size = furthest + 1 - block < KEY_BLOCK ? furthest + 1 - block : KEY_BLOCK;
        attention_scores(query, keys, stride, head_dim, &rows, block, size, scores);
        real largest = maximum, block_sum = SPLAT(0.0f);
        for (int j = 0; j < size; j++) largest = larger(largest, scores[j]);
        for (int j = 0; j < size; j++)
        {
            scores[j] = v_exp(scores[j] - largest);
            block_sum += scores[j];
        }

        real grow = v_exp(maximum - largest);
        maximum = largest;
        sum = FMA(sum, grow, block_sum);
        attention_values(output, values, stride, head_dim, scores, block, size, grow);
    }

    for (int c = 0; c < head_dim; c++)
    {
        real o = output[c] / sum;
        for (int l = 0; l < LANES; l++)
        {
            if (l >= count) continue;
            float value = lane(o, l);
            if (has_factors)
            {
                // Off means +0 even where the value was infinite or not a number.
                float factor = factors[factors_at + (long)(kv_head * group + (row + l) % group) * head_dim + c];
                value = factor == 0.0f ? 0.0f : value * factor;
            }

            y[y_at + place[l] + c] = value;
        }
    }

    if (!has_pattern) return;
    for (int block = 0; block < key_length; block += KEY_BLOCK)
    {
        int size = key_length - block < KEY_BLOCK ? key_length - block : KEY_BLOCK;
        attention_scores(query, keys, stride, head_dim, &rows, block, size, scores);
        for (int j = 0; j < size; j++)
        {
            real p = v_exp(scores[j] - maximum) / sum;
            for (int l = 0; l < LANES; l++)
            {
                if (l >= count) continue;
                int head = kv_head * group + (row + l) % group, query_row = (row + l) / group;
                pattern[pattern_at + pattern_starts[sequence] + ((long)head * queries + query_row) * key_length + block + j] = lane(p, l);
            }
        }
    }
}
