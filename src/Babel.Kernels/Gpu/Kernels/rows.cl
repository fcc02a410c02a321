// Operators that move or turn rows: one item an element, a block of LANES columns, or a pair of them.

// y[n] = (accumulate ? y[n] : 0) + scale * table[ids[n]]
KERNEL void embed(
    GLOBAL const int* ids, long ids_at, GLOBAL const uchar* table, int storage, GLOBAL float* y, long y_at,
    int tokens, int columns, float scale, int accumulate)
{
    long item = FLAT_ITEM;
    if (item >= (long)tokens * columns) return;
    long row = ids[ids_at + item / columns];
    float value = scale * weight_element(table, weight_at(row, item % columns, columns), storage);
    y[y_at + item] = accumulate ? y[y_at + item] + value : value;
}

// y = a + b; y may be either.
KERNEL void add(GLOBAL const float* a, long a_at, GLOBAL const float* b, long b_at, GLOBAL float* y, long y_at, long count)
{
    long at = FLAT_ITEM * LANES;
    if (at >= count) return;
    int some = count - at < LANES ? (int)(count - at) : LANES;
    store_some(load_some(a + a_at + at, some) + load_some(b + b_at + at, some), y + y_at + at, some);
}

// y[to[i]] = x[from[i]]; an absent list stands for i itself.
KERNEL void copy_rows(
    GLOBAL const float* x, long x_at, GLOBAL const int* from, long from_at, GLOBAL const int* to, long to_at,
    GLOBAL float* y, long y_at, int has_from, int has_to, long rows, int columns)
{
    int blocks = BLOCKS(columns);
    long item = FLAT_ITEM, i = item / blocks;
    if (i >= rows) return;
    int column = (int)(item % blocks) * LANES;
    long source = has_from ? from[from_at + i] : i, target = has_to ? to[to_at + i] : i;
    int some = columns - column < LANES ? columns - column : LANES;
    store_some(load_some(x + x_at + source * columns + column, some), y + y_at + target * columns + column, some);
}

// Turns the first 2 * pairs dimensions of every head and copies the others; y may be x. An item takes a block of pairs, or a block of what
// is copied.
KERNEL void rope(
    GLOBAL const float* x, long x_at, GLOBAL const int* rows, long rows_at, GLOBAL const float* cosines, long cosines_at,
    GLOBAL const float* sines, long sines_at, GLOBAL float* y, long y_at, long tokens, int heads, int head_dim, int pairs)
{
    int turned = BLOCKS(pairs), rest = head_dim - 2 * pairs, blocks = turned + BLOCKS(rest);
    long item = FLAT_ITEM, head = item / blocks, token = head / heads;
    if (token >= tokens) return;
    int block = (int)(item % blocks);
    GLOBAL const float* from = x + x_at + head * head_dim;
    GLOBAL float* to = y + y_at + head * head_dim;
    if (block >= turned)
    {
        int c = 2 * pairs + (block - turned) * LANES, some = head_dim - c < LANES ? head_dim - c : LANES;
        store_some(load_some(from + c, some), to + c, some);
        return;
    }

    int j = block * LANES, some = pairs - j < LANES ? pairs - j : LANES;
    long angle = (long)rows[rows_at + token] * pairs + j;
    real c = load_some(cosines + cosines_at + angle, some), s = load_some(sines + sines_at + angle, some);
    real a = load_some(from + j, some), b = load_some(from + pairs + j, some);
    store_some(FMA(a, c, SPLAT(0.0f) - (b * s)), to + j, some);
    store_some(FMA(b, c, a * s), to + pairs + j, some);
}

// Brings row-major rows from first_row on, of 2 or 4 bytes an element, to their places.
KERNEL void pack_rows(
    GLOBAL const uchar* from, GLOBAL uchar* weight, long first_row, long rows, long columns, int element_bytes)
{
    long item = FLAT_ITEM;
    if (item >= rows * columns) return;
    long to = weight_at(first_row + item / columns, item % columns, columns);
    if (element_bytes == 4) ((GLOBAL uint*)weight)[to] = ((GLOBAL const uint*)from)[item];
    else ((GLOBAL ushort*)weight)[to] = ((GLOBAL const ushort*)from)[item];
}
