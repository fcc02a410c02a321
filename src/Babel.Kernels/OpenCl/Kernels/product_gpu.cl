// Matrix products on a GPU: a group computes a square of as many rows and columns as a panel of the weight has outputs (weights.h; 64, or less on a
// device of small groups), 4 by 4 an item, from stretches of 16 inner indices of x and W in local memory. So both are read in order. Every output is one chain of fma over
// ascending k, whatever the tile: a row's bits do not depend on the rows beside it.

#define TILE PANEL
#define DEPTH 16
#define SIDE (TILE / 4)
#define ITEMS (SIDE * SIDE)

// The item's 4 by 4 outputs of tile rows row.. and panel column..; rows and inner indices that are not there count as zeros.
FUNCTION void tile(
    GLOBAL const float* x, long row, long rows, int k, GLOBAL const uchar* weight, long panel, LOCAL float* xs, LOCAL float* ws, float* sums)
{
    int item = ITEM, across = 4 * (item % SIDE), down = 4 * (item / SIDE);
    for (int i = 0; i < 16; i++) sums[i] = 0.0f;
    for (int start = 0; start < k; start += DEPTH)
    {
        for (int e = item; e < TILE * DEPTH; e += ITEMS)
        {
            int r = e / DEPTH, c = start + e % DEPTH;
            xs[(e % DEPTH) * TILE + r] = row + r < rows && c < k ? x[(row + r) * k + c] : 0.0f;
            c = start + e / TILE;
            ws[e] = c < k ? weight_element(weight, panel + (long)c * TILE + e % TILE, STORAGE) : 0.0f;
        }

        BARRIER();
        for (int c = 0; c < DEPTH; c++)
        {
            for (int i = 0; i < 4; i++)
            {
                float value = xs[c * TILE + down + i];
                for (int j = 0; j < 4; j++) sums[4 * i + j] = FMA(value, ws[c * TILE + across + j], sums[4 * i + j]);
            }
        }

        BARRIER();
    }
}

// y = epilogue(x W[first .. first + n]^T), first a multiple of PANEL.
KERNEL_OF(ITEMS, 1) void product(
    GLOBAL const float* x, long x_at, GLOBAL const uchar* weight, long first, GLOBAL float* y, long y_at, long rows, int n, int k,
    EPILOGUE_PARAMETERS)
{
    LOCAL_ARRAY(float, xs, TILE * DEPTH);
    LOCAL_ARRAY(float, ws, TILE * DEPTH);
    long row = GROUP(0) * TILE, column = GROUP(1) * TILE;
    float sums[16];
    tile(x + x_at, row, rows, k, weight, (first + column) * k, xs, ws, sums);
    for (int i = 0; i < 16; i++)
    {
        long r = row + 4 * (ITEM / SIDE) + i / 4, c = column + 4 * (ITEM % SIDE) + i % 4;
        if (r < rows && c < n) y[y_at + r * n + c] = apply_epilogue(sums[i], r * n + c, (int)c, 1, EPILOGUE_ARGUMENTS);
    }
}

// y = sigma(x Wgate^T) * (x Wup^T).
KERNEL_OF(ITEMS, 1) void gated_product(
    GLOBAL const float* x, long x_at, GLOBAL const uchar* gate, GLOBAL const uchar* up, GLOBAL float* y, long y_at, long rows, int n, int k,
    GATED_PARAMETERS)
{
    LOCAL_ARRAY(float, xs, TILE * DEPTH);
    LOCAL_ARRAY(float, ws, TILE * DEPTH);
    long row = GROUP(0) * TILE, column = GROUP(1) * TILE;
    float gates[16], ups[16];
    tile(x + x_at, row, rows, k, gate, column * k, xs, ws, gates);
    tile(x + x_at, row, rows, k, up, column * k, xs, ws, ups);
    for (int i = 0; i < 16; i++)
    {
        long r = row + 4 * (ITEM / SIDE) + i / 4, c = column + 4 * (ITEM % SIDE) + i % 4;
        if (r < rows && c < n) y[y_at + r * n + c] = apply_gated(gates[i], ups[i], r * n + c, (int)c, 1, GATED_ARGUMENTS);
    }
}
