// Statistics of columns. A sequence is four ints: first query row, queries, first key row, keys.

// The statistics of TapStats: an item takes LANES columns of a sequence, tokens ascending.
KERNEL void column_stats(
    GLOBAL const float* x, long x_at, GLOBAL const int* spans, int sequences, int columns, GLOBAL int* counts, long counts_at,
    GLOBAL float* sums, long sums_at, GLOBAL float* abs_sums, long abs_at, GLOBAL float* squares, long squares_at,
    GLOBAL float* maxima, long maxima_at)
{
    int blocks = BLOCKS(columns);
    long item = FLAT_ITEM, s = item / blocks;
    if (s >= sequences) return;
    int column = (int)(item % blocks) * LANES, some = columns - column;
    GLOBAL const float* from = x + x_at + (long)spans[4 * s] * columns + column;
    int tokens = spans[4 * s + 1];
    real sum = SPLAT(0.0f), count = sum, abs_sum = sum, square_sum = sum, largest = SPLAT(-INFINITY);
    for (int t = 0; t < tokens; t++)
    {
        real value = load_some(from + (long)t * columns, some);
        count += SELECT(value > SPLAT(0.0f), SPLAT(1.0f), SPLAT(0.0f));
        sum += value;
        abs_sum += v_abs(value);
        square_sum = FMA(value, value, square_sum);
        largest = larger(largest, value);
    }

    long at = s * columns + column;

    // Whole numbers are exact up to 2^24 tokens.
    store_some_ints(TO_INTS(count), counts + counts_at + at, some);
    store_some(sum, sums + sums_at + at, some);
    store_some(abs_sum, abs_sums + abs_at + at, some);
    store_some(square_sum, squares + squares_at + at, some);
    store_some(largest, maxima + maxima_at + at, some);
}

// y[p] = sum_n W[n, left[p]] W[n, right[p]]: one item a pair, rows ascending, with the exact errors of products and sums.
KERNEL void column_dots(
    GLOBAL const uchar* weight, int storage, long rows, long columns, GLOBAL const int* left, long left_at,
    GLOBAL const int* right, long right_at, GLOBAL float* y, long y_at, long pairs)
{
    long p = FLAT_ITEM;
    if (p >= pairs) return;
    long a = left[left_at + p], b = right[right_at + p];
    float sum = 0.0f, error = 0.0f;
    for (long n = 0; n < rows; n++)
    {
        float u = weight_element(weight, weight_at(n, a, columns), storage), v = weight_element(weight, weight_at(n, b, columns), storage);
        float product = u * v;
        error += lane(FMA(SPLAT(u), SPLAT(v), SPLAT(-product)), 0);
        add_exactly_one(product, &sum, &error);
    }

    y[y_at + p] = sum + error;
}

// y[s, j] = sum_(g,g') (sum_t z[t,g,j] z[t,g',j]) gram[j,g,g'], not below 0: an item takes LANES dimensions of a key/value head.
KERNEL void value_scores(
    GLOBAL const float* z, long z_at, GLOBAL const float* gram, long gram_at, GLOBAL const int* spans, int sequences,
    int kv_heads, int group, int head_dim, GLOBAL float* y, long y_at)
{
    int blocks = BLOCKS(head_dim);
    long item = FLAT_ITEM, s = item / ((long)kv_heads * blocks);
    if (s >= sequences) return;
    int kv_head = (int)(item / blocks % kv_heads), c = (int)(item % blocks) * LANES, some = head_dim - c;
    long stride = (long)kv_heads * group * head_dim, neuron = (long)kv_head * head_dim + c;
    GLOBAL const float* from = z + z_at + spans[4 * s] * stride + (long)kv_head * group * head_dim + c;
    int tokens = spans[4 * s + 1];
    real total = SPLAT(0.0f), error = SPLAT(0.0f);
    for (int g = 0; g < group; g++)
    {
        for (int h = 0; h <= g; h++)
        {
            real product = SPLAT(0.0f);
            for (int t = 0; t < tokens; t++)
            {
                GLOBAL const float* row = from + t * stride;
                product = FMA(load_some(row + (long)g * head_dim, some), load_some(row + (long)h * head_dim, some), product);
            }

            // Weights of neighbouring neurons lie group^2 apart.
            GLOBAL const float* weights = gram + gram_at + neuron * group * group;
            real weight = SPLAT(0.0f);
            float part[LANES];
            for (int l = 0; l < LANES; l++)
            {
                long j = (long)(l < some ? l : 0) * group * group;
                part[l] = weights[j + g * group + h] + (h < g ? weights[j + h * group + g] : 0.0f);
            }

            weight = load_private(part);
            real term = product * weight;
            error += FMA(product, weight, SPLAT(0.0f) - term);
            add_exactly(term, &total, &error);
        }
    }

    total += error;
    store_some(v_not_below(total, 0.0f), y + y_at + s * kv_heads * head_dim + neuron, some);
}
