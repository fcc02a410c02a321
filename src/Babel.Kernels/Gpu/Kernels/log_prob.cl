// log softmax at the targets, a stretch of the vocabulary at a time: one group a row. The state of a row is its maximum so far, the sum of
// e^(logit - maximum), and the target's logit.

KERNEL_OF(ROW_LOCAL, 1) void log_prob_chunk(
    GLOBAL const float* logits, GLOBAL const int* targets, long targets_at, GLOBAL float* state, int first, int count, int is_first)
{
    LOCAL_ARRAY(float, shared, ROW_LOCAL);
    long row = GROUP(0);
    int item = ITEM;
    GLOBAL const float* from = logits + row * count;
    real largest = SPLAT(NO_MAXIMUM);
    for (int c = item * LANES; c < count; c += ROW_LOCAL * LANES)
    {
        // What lies behind the last column must not be the maximum.
        largest = larger(largest, keep_or(load_some(from + c, count - c), count - c, NO_MAXIMUM));
    }

    shared[item] = max_lanes(largest);
    BARRIER();
    for (int other = ROW_LOCAL / 2; other > 0; other /= 2)
    {
        if (item < other && shared[item + other] > shared[item]) shared[item] = shared[item + other];
        BARRIER();
    }

    float before = is_first ? NO_MAXIMUM : state[3 * row];
    float maximum = shared[0] > before ? shared[0] : before;
    BARRIER();
    real sum = SPLAT(0.0f);
    for (int c = item * LANES; c < count; c += ROW_LOCAL * LANES)
        sum += keep(v_exp(load_some(from + c, count - c) - SPLAT(maximum)), count - c);
    shared[item] = sum_lanes(sum);
    BARRIER();
    for (int other = ROW_LOCAL / 2; other > 0; other /= 2)
    {
        if (item < other) shared[item] += shared[item + other];
        BARRIER();
    }

    if (item > 0) return;
    int target = targets[targets_at + row] - first;
    float earlier = is_first ? 0.0f : state[3 * row + 1] * exp_one(before - maximum);
    state[3 * row] = maximum;
    state[3 * row + 1] = earlier + shared[0];
    if (target >= 0 && target < count) state[3 * row + 2] = from[target];
}

// A target of -1 was skipped and gives 0.
KERNEL void log_prob_finish(GLOBAL const float* state, GLOBAL const int* targets, long targets_at, GLOBAL float* y, long y_at, int rows)
{
    long row = FLAT_ITEM;
    if (row >= rows) return;
    y[y_at + row] = targets[targets_at + row] < 0 ? 0.0f : (state[3 * row + 2] - state[3 * row]) - log_one(state[3 * row + 1]);
}
