// The two heavy kernels of Gpu/Kernels/qk.cl with several token rows of a head at a time, so that a key is fetched once for all of them: same arguments,
// same mathematics, and for the changes the same order of operations. A tile of rows may belong to several sequences; those of one are taken together.
#pragma once
#include "shared.h"

#define QK_ROWS 16
#define QK_ROWS_WARPS 4
#define QK_ROWS_KEYS 32
#define QK_CHANGES_ROWS 8
#define QK_CHANGES_THREADS 64
#define QK_CHANGES_KEYS 128

// The rows from `begin` on that belong to the sequence of row `begin`, within a tile.
FUNCTION int rows_together(const int* owners, long first_token, int begin, int end)
{
    int last = begin + 1;
    while (last < end && owners[first_token + last] == owners[first_token + begin]) last++;
    return last - begin;
}

// The largest of a warp's values, and the least of the places where it stands.
FUNCTION float largest_of_warp(float value, int* place)
{
    UNROLL for (int step = 1; step < 32; step *= 2)
    {
        float other = shuffle_xor(value, step);
        int elsewhere = (int)BITS_OF(shuffle_xor(FROM_BITS((uint)*place), step));
        if (other > value || (other == value && elsewhere < *place))
        {
            value = other;
            *place = elsewhere;
        }
    }

    return value;
}

FUNCTION float exact_sum_of_warp(float sum, float error)
{
    UNROLL for (int step = 1; step < 32; step *= 2)
    {
        // Both of a pair must add in the same order to get the same bits.
        float other = shuffle_xor(sum, step), lost = error + shuffle_xor(error, step);
        bool lower = (ITEM & step) == 0;
        float total = lower ? sum : other;
        add_exactly_one(lower ? other : sum, &total, &lost);
        sum = total;
        error = lost;
    }

    return sum + error;
}

// qk_rows: a block takes 16 token rows of a head, a warp 4 of them, a lane a key.
KERNEL_OF(32 * QK_ROWS_WARPS, 1) void qk_rows_tiled(
    const float* q, long q_at, const float* k, long k_at, const int* spans, const int* owners, const float* slopes, float* scaled,
    float* scores, float* softmax, int* peaks, long first_token, int tokens, int heads, int group, int head_dim, int stride, float scale,
    float cap, int window, int alibi)
{
    constexpr int OWN = QK_ROWS / QK_ROWS_WARPS;
    int head = (int)GROUP(1), tile = (int)GROUP(0) * QK_ROWS, end = tile + QK_ROWS < tokens ? tile + QK_ROWS : tokens;
    int item = ITEM, lane = item % 32, warp = item / 32, padded = (head_dim + 3) / 4 * 4, pitch = padded + 4;
    long kv_stride = (long)(heads / group) * head_dim;
    float* queries = (float*)shared_bytes;
    float* panel = queries + QK_ROWS * padded;
    float slope = alibi ? slopes[head] : 0.0f;
    for (int i = item; i < QK_ROWS * padded; i += 32 * QK_ROWS_WARPS)
    {
        int row = tile + i / padded, c = i % padded;
        queries[i] = row < end && c < head_dim ? q[q_at + ((first_token + row) * heads + head) * head_dim + c] : 0.0f;
    }

    for (int begin = tile; begin < end;)
    {
        int count = rows_together(owners, first_token, begin, end), start = spans[4 * owners[first_token + begin]];
        int nearest = (int)(first_token + begin) - start, furthest = nearest + count - 1;
        int first = window > 0 && nearest >= window ? nearest - window + 1 : 0;
        const float* keys = k + k_at + start * kv_stride + (long)(head / group) * head_dim;
        for (int block = first; block <= furthest; block += QK_ROWS_KEYS)
        {
            BARRIER();
            for (int i = item; i < QK_ROWS_KEYS * padded; i += 32 * QK_ROWS_WARPS)
            {
                int key = block + i / padded, c = i % padded;
                panel[i / padded * pitch + c] = key <= furthest && c < head_dim ? keys[key * kv_stride + c] : 0.0f;
            }

            BARRIER();
            float sums[OWN] = {};
            for (int c = 0; c < padded; c += 4)
            {
                float4 key = *(const float4*)(panel + lane * pitch + c);
                UNROLL for (int i = 0; i < OWN; i++)
                {
                    float4 query = *(const float4*)(queries + (warp * OWN + i) * padded + c);
                    UNROLL for (int l = 0; l < 4; l++) sums[i] = FMA(query[l], key[l], sums[i]);
                }
            }

            UNROLL for (int i = 0; i < OWN; i++)
            {
                int row = tile + warp * OWN + i, place = (int)(first_token + row) - start, t = block + lane;
                if (row < begin || row >= begin + count || t > place || (window > 0 && t <= place - window)) continue;
                long at = ((long)row * heads + head) * stride + t;
                float dot = scale * sums[i];
                scaled[at] = dot;
                scores[at] = finish_score(dot, slope, t, scale, cap, alibi);
            }
        }

        begin += count;
    }

    // Softmax, a warp a row, once every score is written.
    BARRIER();
    for (int i = 0; i < OWN; i++)
    {
        int row = tile + warp * OWN + i;
        if (row >= end) continue;
        int start = spans[4 * owners[first_token + row]], place = (int)(first_token + row) - start;
        int first = window > 0 && place >= window ? place - window + 1 : 0;
        long line = (long)row * heads + head;
        const float* s = scores + line * stride;
        float* a = softmax + line * stride;
        float largest = -INFINITY, sum = 0.0f, error = 0.0f;
        int peak = 0x7FFFFFFF;
        for (int t = first + lane; t <= place; t += 32)
        {
            if (s[t] > largest || peak == 0x7FFFFFFF) peak = t;
            largest = larger(largest, s[t]);
        }

        largest = largest_of_warp(largest, &peak);
        for (int t = first + lane; t <= place; t += 32)
        {
            float p = v_exp(s[t] - largest);
            a[t] = p;
            add_exactly_one(p, &sum, &error);
        }

        float total = exact_sum_of_warp(sum, error);
        for (int t = first + lane; t <= place; t += 32) a[t] /= total;
        if (lane == 0) peaks[line] = peak;
    }
}

// What the change of a score is made of, of a query row or of a key.
struct qk_terms
{
    float own, partner, growth;
};

// The terms of a head's dimension at all keys of a sequence.
struct qk_keys
{
    const float *own, *partner, *growth;
    long stride;
    int form;

    FUNCTION_MEMBER qk_terms at(int t) const
    {
        long i = t * stride;
        return qk_terms{own[i], form > 0 ? partner[i] : 0.0f, form > 1 ? growth[i] : 0.0f};
    }
};

FUNCTION float qk_change(float y, const qk_terms& key, const qk_terms& query, float cap, int form)
{
    return qk_delta(y, key.own, key.partner, key.growth, query.own, query.partner, query.growth, cap, form);
}

// qk_changes: a thread takes a dimension of 8 token rows of a head.
KERNEL_OF(QK_CHANGES_THREADS, 1) void qk_changes_tiled(
    const float* scaled, const float* scores, const float* softmax, const int* peaks, const int* spans, const int* owners, const float* owns,
    const float* partners, const float* growths, const float* key_owns, const float* key_partners, const float* key_growths, float* changes,
    long first_token, int tokens, int heads, int group, int head_dim, int stride, float cap, int window, int form)
{
    constexpr int ROWS = QK_CHANGES_ROWS;
    LOCAL_ARRAY(float, shares, QK_CHANGES_ROWS * QK_CHANGES_KEYS);
    int head = (int)GROUP(1), tile = (int)GROUP(0) * ROWS, end = tile + ROWS < tokens ? tile + ROWS : tokens;
    int c = (int)GROUP(2) * QK_CHANGES_THREADS + ITEM;
    bool live = c < head_dim;
    if (!live) c = 0;
    long kv_stride = (long)(heads / group) * head_dim;
    for (int begin = tile; begin < end;)
    {
        int count = rows_together(owners, first_token, begin, end), start = spans[4 * owners[first_token + begin]];
        int nearest = (int)(first_token + begin) - start, furthest = nearest + count - 1;
        int first = window > 0 && nearest >= window ? nearest - window + 1 : 0;
        long key_at = start * kv_stride + (long)(head / group) * head_dim + c;
        qk_keys keys = {key_owns + key_at, key_partners + key_at, key_growths + key_at, kv_stride, form};
        qk_terms query[ROWS];
        float shift[ROWS], z[ROWS], widest[ROWS], squares[ROWS];
        UNROLL for (int i = 0; i < ROWS; i++)
        {
            // Rows beyond the last repeat it and are not stored.
            int row = begin + (i < count ? i : count - 1);
            long line = (long)row * heads + head, query_at = ((first_token + row) * heads + head) * head_dim + c;
            query[i] = qk_terms{owns[query_at], partners[query_at], growths[query_at]};
            shift[i] = qk_change(scaled[line * stride + peaks[line]], keys.at(peaks[line]), query[i], cap, form);
            z[i] = widest[i] = squares[i] = 0.0f;
        }

        // First the sums z of A D, then those of the squares, each over keys in blocks of 128; sums of a block join z as a whole.
        UNROLL for (int pass = 0; pass < 2; pass++)
        {
            for (int block = first / QK_CHANGES_KEYS * QK_CHANGES_KEYS; block <= furthest; block += QK_CHANGES_KEYS)
            {
                BARRIER();
                for (int i = ITEM; i < ROWS * QK_CHANGES_KEYS; i += QK_CHANGES_THREADS)
                {
                    int r = i / QK_CHANGES_KEYS, t = block + i % QK_CHANGES_KEYS, place = nearest + r;
                    bool seen = r < count && t <= place && (window == 0 || t > place - window);
                    shares[i] = seen ? softmax[((long)(begin + r) * heads + head) * stride + t] : 0.0f;
                }

                BARRIER();
                int from = block < first ? first : block, to = block + QK_CHANGES_KEYS <= furthest ? block + QK_CHANGES_KEYS - 1 : furthest;
                float sums[ROWS] = {};
                for (int t = from; t <= to; t++)
                {
                    qk_terms key = keys.at(t);
                    UNROLL for (int i = 0; i < ROWS; i++)
                    {
                        int place = nearest + i;
                        if (i >= count || t > place || (window > 0 && t <= place - window)) continue;
                        float y = form > 1 ? scaled[((long)(begin + i) * heads + head) * stride + t] : 0.0f;
                        float change = qk_change(y, key, query[i], cap, form) - shift[i], share = shares[i * QK_CHANGES_KEYS + t - block];
                        if (pass == 0)
                        {
                            widest[i] = larger(widest[i], v_abs(change));
                            sums[i] = FMA(share, v_expm1(change), sums[i]);
                        }
                        else
                        {
                            float part = share * (v_expm1(change) - z[i]);
                            squares[i] = FMA(part, part, squares[i]);
                        }
                    }
                }

                if (pass == 0) UNROLL for (int i = 0; i < ROWS; i++) z[i] += sums[i];
            }
        }

        uint overflowing = 0;
        UNROLL for (int i = 0; i < ROWS; i++)
        {
            if (i >= count || !live) continue;
            changes[((long)(begin + i) * heads + head) * head_dim + c] = squares[i] / ((1.0f + z[i]) * (1.0f + z[i]));
            if (widest[i] > QK_LARGE) overflowing |= 1u << i;
        }

        // Changes whose powers overflow, or leave nothing of a row: the changed row from its scores, less their maximum. Rarely done.
        for (int i = 0; overflowing >> i != 0; i++)
        {
            if ((overflowing >> i & 1) == 0) continue;
            long line = (long)(begin + i) * heads + head, query_at = ((first_token + begin + i) * heads + head) * head_dim + c;
            int place = nearest + i, low = window > 0 && place >= window ? place - window + 1 : 0;
            const float *y = scaled + line * stride, *s = scores + line * stride, *a = softmax + line * stride;
            qk_terms row = {owns[query_at], partners[query_at], growths[query_at]};
            float largest = -INFINITY, sum = 0.0f, direct = 0.0f;
            for (int t = low; t <= place; t++) largest = larger(largest, s[t] + qk_change(y[t], keys.at(t), row, cap, form));
            for (int t = low; t <= place; t++) sum += v_exp((s[t] + qk_change(y[t], keys.at(t), row, cap, form)) - largest);
            for (int t = low; t <= place; t++)
            {
                float change = v_exp((s[t] + qk_change(y[t], keys.at(t), row, cap, form)) - largest) / sum - a[t];
                direct = FMA(change, change, direct);
            }

            changes[line * head_dim + c] = direct;
        }

        begin += count;
    }
}
