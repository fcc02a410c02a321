// Exact importance of query and key neurons (IOps.QkScores), for all dimensions of a head at once. With ' for rotated values, b the partner
// of a in its pair, c and s the cosine and sine of the pair's angle (1 and 0 outside of the rotation), rho the growth of the rest of a head
// that its norm causes, + for the first half of the pairs and - for the second:
//
//   query a off:  delta_ij = (rho_i - 1) y_ij - rho_i Scale q_a(i) ( c_i k'_a(j) +- s_i k'_b(j) )
//   key a off:    delta_ij = (rho_j - 1) y_ij - Scale ( q'_a(i) c_j +- q'_b(i) s_j ) rho_j k_a(j)
//
// so either is  delta = y (norm_i + norm_j) - own_i own_j - partner_i partner_j  with terms of the query row and terms of the key row:
// qk_turned makes those of the side that goes off, qk_paired those of the side that stays.
//
// A softmax does not see a shift, so changes are taken against that of the row's largest probability: with D = e^(delta - delta*) - 1 and
// z = sum A D, sum (A' - A)^2 = sum A^2 (D - z)^2 / (1 + z)^2. The difference of two nearly equal rows is never formed. Nothing of the size
// of D is stored: the second pass works D out again.

// Up to this |delta - delta*| the squares of D stay within float32.
#define QK_LARGE 30.0f

// Terms of a head whose neurons go off, [rows][heads * head_dim] each: rho x_a c, +- rho x_a s, and rho - 1. One item a head of a token.
KERNEL void qk_turned(
    GLOBAL const float* x, long x_at, GLOBAL const float* raw, long raw_at, int has_raw, GLOBAL const int* rows, long rows_at,
    GLOBAL const float* cosines, long cosines_at, GLOBAL const float* sines, long sines_at, int pairs, float scale, float epsilon,
    GLOBAL float* own, GLOBAL float* partner, GLOBAL float* growth, long tokens, int heads, int head_dim)
{
    long item = FLAT_ITEM, token = item / heads, at = item * head_dim;
    if (token >= tokens) return;
    GLOBAL const float* from = x + x_at + at;
    float mean = 0.0f;
    if (has_raw)
    {
        float sum = 0.0f, error = 0.0f;
        for (int a = 0; a < head_dim; a++)
        {
            float value = raw[raw_at + at + a], square = value * value;
            error += lane(FMA(SPLAT(value), SPLAT(value), SPLAT(-square)), 0);
            add_exactly_one(square, &sum, &error);
        }

        mean = (sum + error) / (float)head_dim + epsilon;
    }

    long angle = pairs > 0 ? (long)rows[rows_at + token] * pairs : 0;
    for (int a = 0; a < head_dim; a++)
    {
        float grown = 0.0f;
        if (has_raw)
        {
            // sqrt(b/(b-g)) - 1 = g/(b-g) / (sqrt(b/(b-g)) + 1): digits kept where g is small.
            float value = raw[raw_at + at + a], gone = value * value / (float)head_dim, rest = mean - gone;
            grown = gone / rest / (SQRT(mean / rest) + 1.0f);
        }

        float turned = scale * (from[a] + from[a] * grown), crossed = 0.0f;
        if (a < 2 * pairs)
        {
            long j = angle + (a < pairs ? a : a - pairs);
            crossed = turned * sines[sines_at + j];
            if (a >= pairs) crossed = -crossed;
            turned *= cosines[cosines_at + j];
        }

        own[at + a] = turned;
        partner[at + a] = crossed;
        growth[at + a] = grown;
    }
}

// Terms of a head that stays: x'_a and x'_b. One item an element.
KERNEL void qk_paired(
    GLOBAL const float* x, long x_at, int pairs, float scale, GLOBAL float* own, GLOBAL float* partner, GLOBAL float* growth,
    long count, int head_dim)
{
    long at = FLAT_ITEM;
    if (at >= count) return;
    int a = (int)(at % head_dim);
    long other = a < pairs ? at + pairs : a < 2 * pairs ? at - pairs : -1;
    own[at] = scale * x[x_at + at];
    partner[at] = other < 0 ? 0.0f : scale * x[x_at + other];
    growth[at] = 0.0f;
}

// Softmax rows of some neighbouring token rows, all heads: [row][heads][stride] of y = Scale q.k, scores and probabilities, and where the
// row is largest. One item a head of a token row; owners names the sequence of a token.
KERNEL void qk_rows(
    GLOBAL const float* q, long q_at, GLOBAL const float* k, long k_at, GLOBAL const int* spans, GLOBAL const int* owners,
    GLOBAL const float* slopes, GLOBAL float* scaled, GLOBAL float* scores, GLOBAL float* softmax, GLOBAL int* peaks,
    long first_token, int tokens, int heads, int group, int head_dim, int stride, float scale, float cap, int window, int alibi)
{
    long item = FLAT_ITEM;
    if (item >= (long)tokens * heads) return;
    long token = first_token + item / heads;
    int head = (int)(item % heads), start = spans[4 * owners[token]], row = (int)token - start;
    int first = window > 0 && row >= window ? row - window + 1 : 0;
    GLOBAL const float* query = q + q_at + (token * heads + head) * head_dim;
    long kv_stride = (long)(heads / group) * head_dim;
    GLOBAL const float* keys = k + k_at + start * kv_stride + (long)(head / group) * head_dim;
    GLOBAL float* y = scaled + item * stride;
    GLOBAL float* s = scores + item * stride;
    GLOBAL float* a = softmax + item * stride;
    float slope = alibi ? slopes[head] : 0.0f, largest = -INFINITY;
    int peak = first;
    for (int t = first; t <= row; t++)
    {
        real sum = SPLAT(0.0f);
        for (int c = 0; c < head_dim; c += LANES) sum = FMA(load_some(query + c, head_dim - c), load_some(keys + t * kv_stride + c, head_dim - c), sum);
        float dot = scale * sum_lanes(sum);
        float score = lane(finish_score(SPLAT(dot), SPLAT(slope), t, scale, cap, alibi), 0);
        y[t] = dot;
        s[t] = score;
        if (score > largest) peak = t;
        largest = score > largest ? score : largest;
    }

    float sum = 0.0f, error = 0.0f;
    for (int t = first; t <= row; t += LANES)
    {
        real p = keep(v_exp(load_some(s + t, row + 1 - t) - SPLAT(largest)), row + 1 - t);
        store_some(p, a + t, row + 1 - t);
        add_exactly_one(sum_lanes(p), &sum, &error);
    }

    sum += error;
    for (int t = first; t <= row; t += LANES) store_some(load_some(a + t, row + 1 - t) / SPLAT(sum), a + t, row + 1 - t);
    peaks[item] = peak;
}

#define QK_DELTA(t) qk_delta(y[t], load_some(key_own + (t) * kv_stride, some), load_some(key_partner + (t) * kv_stride, some), \
    form > 1 ? load_some(key_growth + (t) * kv_stride, some) : SPLAT(0.0f), own, partner, growth, cap, form)

// form: 0 no rotation, 1 rotation, 2 also a per-head norm or a cap, which make the change depend on the score itself.
FUNCTION real qk_delta(
    float y, real key_own, real key_partner, real key_growth, real own, real partner, real growth, float cap, int form)
{
    if (form == 0) return SPLAT(0.0f) - own * key_own;
    if (form == 1) return SPLAT(0.0f) - FMA(partner, key_partner, own * key_own);
    real delta = SPLAT(y) * (growth + key_growth);
    delta -= own * key_own;
    delta -= partner * key_partner;
    if (cap == 0.0f) return delta;
    return v_soft_cap(SPLAT(y) + delta, cap) - v_soft_cap(SPLAT(y), cap);
}

// The squared change of every softmax row of qk_rows, [row][heads * head_dim]: an item takes LANES dimensions of a head of a token row.
KERNEL void qk_changes(
    GLOBAL const float* scaled, GLOBAL const float* scores, GLOBAL const float* softmax, GLOBAL const int* peaks,
    GLOBAL const int* spans, GLOBAL const int* owners, GLOBAL const float* owns, GLOBAL const float* partners,
    GLOBAL const float* growths, GLOBAL const float* key_owns, GLOBAL const float* key_partners, GLOBAL const float* key_growths,
    GLOBAL float* changes, long first_token, int tokens, int heads, int group, int head_dim, int stride, float cap, int window, int form)
{
    int blocks = BLOCKS(head_dim);
    long item = FLAT_ITEM, line = item / blocks;
    if (line >= (long)tokens * heads) return;
    long token = first_token + line / heads;
    int head = (int)(line % heads), c = (int)(item % blocks) * LANES, some = head_dim - c;
    int start = spans[4 * owners[token]], row = (int)token - start, first = window > 0 && row >= window ? row - window + 1 : 0;
    long query_at = (token * heads + head) * head_dim + c, kv_stride = (long)(heads / group) * head_dim;
    long key_at = start * kv_stride + (long)(head / group) * head_dim + c;
    GLOBAL const float* key_own = key_owns + key_at;
    GLOBAL const float* key_partner = key_partners + key_at;
    GLOBAL const float* key_growth = key_growths + key_at;
    GLOBAL const float* y = scaled + line * stride;
    GLOBAL const float* s = scores + line * stride;
    GLOBAL const float* a = softmax + line * stride;
    real own = load_some(owns + query_at, some), partner = load_some(partners + query_at, some), growth = load_some(growths + query_at, some);
    real shift = QK_DELTA(peaks[line]), z = SPLAT(0.0f), widest = SPLAT(0.0f), squares = SPLAT(0.0f);

    // Sums of 128 keys by themselves before they join the total.
    for (int block = first / 128 * 128; block <= row; block += 128)
    {
        real sum = SPLAT(0.0f);
        int from = block < first ? first : block, to = block + 128 <= row ? block + 127 : row;
        for (int t = from; t <= to; t++)
        {
            real change = QK_DELTA(t) - shift;
            widest = larger(widest, v_abs(change));
            sum = FMA(SPLAT(a[t]), v_expm1(change), sum);
        }

        z += sum;
    }

    for (int t = first; t <= row; t++)
    {
        real change = SPLAT(a[t]) * (v_expm1(QK_DELTA(t) - shift) - z);
        squares = FMA(change, change, squares);
    }

    squares /= (SPLAT(1.0f) + z) * (SPLAT(1.0f) + z);

    // Changes whose powers overflow, or leave nothing of a row: the changed row from its scores, less their maximum. Rarely done.
    if (ANY(widest > SPLAT(QK_LARGE)))
    {
        real largest = SPLAT(-INFINITY), sum = SPLAT(0.0f), direct = SPLAT(0.0f);
        for (int t = first; t <= row; t++) largest = larger(largest, SPLAT(s[t]) + QK_DELTA(t));
        for (int t = first; t <= row; t++) sum += v_exp((SPLAT(s[t]) + QK_DELTA(t)) - largest);
        for (int t = first; t <= row; t++)
        {
            real change = v_exp((SPLAT(s[t]) + QK_DELTA(t)) - largest) / sum - SPLAT(a[t]);
            direct = FMA(change, change, direct);
        }

        squares = SELECT(widest > SPLAT(QK_LARGE), direct, squares);
    }

    store_some(squares, changes + (line * head_dim) + c, some);
}

// Adds the changes of a stretch of token rows to totals [sequence][width] with their errors, rows ascending, and the heads of a group in
// ascending order; writes the result where a sequence ends. One item a column of a sequence.
KERNEL void qk_sum(
    GLOBAL const float* changes, GLOBAL const int* spans, int sequences, GLOBAL float* totals, GLOBAL float* errors,
    GLOBAL float* y, long y_at, long first_token, int tokens, int heads, int group, int head_dim)
{
    long width = (long)(heads / group) * head_dim, item = FLAT_ITEM, sequence = item / width;
    if (sequence >= sequences) return;
    int column = (int)(item % width);
    long start = spans[4 * sequence], end = start + spans[4 * sequence + 1], last = first_token + tokens;
    long from = start > first_token ? start : first_token, to = end < last ? end : last;
    if (from >= to) return;
    float sum = from == start ? 0.0f : totals[item], error = from == start ? 0.0f : errors[item];
    for (long token = from; token < to; token++)
    {
        GLOBAL const float* line = changes + ((token - first_token) * heads + column / head_dim * group) * head_dim + column % head_dim;
        for (int g = 0; g < group; g++) add_exactly_one(line[g * head_dim], &sum, &error);
    }

    totals[item] = sum;
    errors[item] = error;
    if (to == end) y[y_at + item] = sum + error;
}
