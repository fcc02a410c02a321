// Matrix products on a processor: an item computes 8 rows of 32 columns in 16 registers of 16 floats, and needs neither local memory nor
// barriers. Weights come in panels of 32 outputs (weights.h), so the inner loop reads one stream; rows of x are read as they lie. Every
// output is one chain of fma over ascending k, whatever the tile: a row's bits do not depend on the rows beside it.
//
// STORAGE says how weights are stored; 16-bit types are expanded in registers.

#define ROWS 8
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

#if STORAGE == STORAGE_F32
typedef float element;
#define EXPAND(from) vload16(0, from)
#elif STORAGE == STORAGE_BF16
typedef ushort element;
#define EXPAND(from) as_float16(convert_uint16(vload16(0, from)) << 16)
#else
typedef ushort element;
#define EXPAND(from) vload_half16(0, (GLOBAL const half*)(from))
#endif

// Rows behind the last one repeat it and are not stored.
#define BEGIN(i) real a##i = SPLAT(0.0f), b##i = a##i; GLOBAL const float* x##i = x + (i < count ? i : count - 1) * (long)k;
#define STEP(i) { real value = SPLAT(x##i[c]); a##i = FMA(value, u, a##i); b##i = FMA(value, v, b##i); }
#define KEEP(i) block[2 * i] = a##i; block[2 * i + 1] = b##i;

// Two columns of registers from two streams of 16 weights, PANEL apart from one k to the next: the halves of a panel, or a gate and an up panel.
FUNCTION void tile(GLOBAL const float* x, int count, int k, GLOBAL const element* first, GLOBAL const element* second, real* block)
{
    EACH_ROW(BEGIN)
    for (int c = 0; c < k; c++)
    {
        real u = EXPAND(first + (long)c * PANEL), v = EXPAND(second + (long)c * PANEL);
        EACH_ROW(STEP)
    }

    EACH_ROW(KEEP)
}

// y = epilogue(x W[first .. first + n]^T), first a multiple of PANEL. A group of one item takes 8 rows and a panel.
KERNEL_OF(1, 1) void product(
    GLOBAL const float* x, long x_at, GLOBAL const uchar* weight, long first, GLOBAL float* y, long y_at, long rows, int n, int k,
    EPILOGUE_PARAMETERS)
{
    long row = GROUP(0) * ROWS;
    int column = (int)GROUP(1) * PANEL, count = rows - row < ROWS ? (int)(rows - row) : ROWS;
    GLOBAL const element* panel = (GLOBAL const element*)weight + (first + column) * k;
    real block[2 * ROWS];
    tile(x + x_at + row * k, count, k, panel, panel + LANES, block);
    for (int i = 0; i < 2 * count; i++)
    {
        int c = column + (i & 1) * LANES;
        long at = (row + i / 2) * n + c;
        if (c < n) store_some(apply_epilogue(block[i], at, c, n - c, EPILOGUE_ARGUMENTS), y + y_at + at, n - c);
    }
}

// y = sigma(x Wgate^T) * (x Wup^T): an item takes 8 rows and half a panel of each weight.
KERNEL_OF(1, 1) void gated_product(
    GLOBAL const float* x, long x_at, GLOBAL const uchar* gate, GLOBAL const uchar* up, GLOBAL float* y, long y_at, long rows, int n, int k,
    GATED_PARAMETERS)
{
    long row = GROUP(0) * ROWS;
    int column = (int)GROUP(1) * LANES, count = rows - row < ROWS ? (int)(rows - row) : ROWS;
    if (column >= n) return;
    long panel = (long)(column / PANEL) * PANEL * k + column % PANEL;
    real block[2 * ROWS];
    tile(x + x_at + row * k, count, k, (GLOBAL const element*)gate + panel, (GLOBAL const element*)up + panel, block);
    for (int i = 0; i < count; i++)
    {
        long at = (row + i) * n + column;
        store_some(apply_gated(block[2 * i], block[2 * i + 1], at, column, n - column, GATED_ARGUMENTS), y + y_at + at, n - column);
    }
}
