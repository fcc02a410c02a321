// LANES floats side by side: a float on a GPU, a float16 on a CPU device. The words below are all that kernels do with them.

#define BLOCKS(count) (((count) + LANES - 1) / LANES)

#if LANES == 1

typedef float real;
typedef int ints;
#define SPLAT(x) ((float)(x))
#define SPLAT_INT(x) ((int)(x))
#define SELECT(mask, a, b) ((mask) ? (a) : (b))
#define ANY(mask) (mask)
#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
#define FMA(a, b, c) fma(a, b, c)
#define AS_INTS(x) as_int(x)
#define AS_REAL(x) as_float(x)
#define TO_INTS(x) convert_int(x)
#else
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define AS_INTS(x) __builtin_bit_cast(int, (float)(x))
#define AS_REAL(x) __builtin_bit_cast(float, (int)(x))
#define TO_INTS(x) ((int)(x))
#endif

FUNCTION real load_all(GLOBAL const float* from) { return *from; }
FUNCTION void store_all(real x, GLOBAL float* to) { *to = x; }
FUNCTION real load_some(GLOBAL const float* from, int count) { return count > 0 ? *from : 0.0f; }
FUNCTION void store_some(real x, GLOBAL float* to, int count) { if (count > 0) *to = x; }
FUNCTION void store_some_ints(ints x, GLOBAL int* to, int count) { if (count > 0) *to = x; }
FUNCTION real load_private(const float* from) { return *from; }
FUNCTION ints load_private_ints(const int* from) { return *from; }

// x in the first count lanes, something else behind them.
FUNCTION real keep_or(real x, int count, float other) { return count > 0 ? x : other; }
FUNCTION float lane(real x, int l) { return x; }
FUNCTION float sum_lanes(real x) { return x; }
FUNCTION float max_lanes(real x) { return x; }

#else

typedef float16 real;
typedef int16 ints;
#define SPLAT(x) ((float16)(x))
#define SPLAT_INT(x) ((int16)(x))
#define SELECT(mask, a, b) select(b, a, mask)
#define ANY(mask) any(mask)
#define FMA(a, b, c) fma(a, b, c)
#define AS_INTS(x) as_int16(x)
#define AS_REAL(x) as_float16(x)
#define TO_INTS(x) convert_int16(x)
#define LANE_NUMBERS ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))

FUNCTION real load_all(GLOBAL const float* from) { return vload16(0, from); }
FUNCTION void store_all(real x, GLOBAL float* to) { vstore16(x, 0, to); }

// The first count lanes; behind the last column another row, or another buffer, begins.
FUNCTION real load_some(GLOBAL const float* from, int count)
{
    if (count >= LANES) return vload16(0, from);
    float part[LANES];
    for (int l = 0; l < LANES; l++) part[l] = l < count ? from[l] : 0.0f;
    return vload16(0, part);
}

FUNCTION void store_some(real x, GLOBAL float* to, int count)
{
    if (count >= LANES)
    {
        vstore16(x, 0, to);
        return;
    }

    float part[LANES];
    vstore16(x, 0, part);
    for (int l = 0; l < LANES; l++) if (l < count) to[l] = part[l];
}

FUNCTION void store_some_ints(ints x, GLOBAL int* to, int count)
{
    int part[LANES];
    vstore16(x, 0, part);
    for (int l = 0; l < LANES; l++) if (l < count) to[l] = part[l];
}

FUNCTION real load_private(const float* from) { return vload16(0, from); }
FUNCTION ints load_private_ints(const int* from) { return vload16(0, from); }

// x in the first count lanes, something else behind them.
FUNCTION real keep_or(real x, int count, float other) { return SELECT(LANE_NUMBERS < SPLAT_INT(count), x, SPLAT(other)); }

FUNCTION float lane(real x, int l)
{
    float part[LANES];
    vstore16(x, 0, part);
    return part[l];
}

FUNCTION float sum_lanes(real x)
{
    float8 a = x.lo + x.hi;
    float4 b = a.lo + a.hi;
    float2 c = b.lo + b.hi;
    return c.x + c.y;
}

FUNCTION float max_lanes(real x)
{
    float8 a = select(x.hi, x.lo, x.lo > x.hi);
    float4 b = select(a.hi, a.lo, a.lo > a.hi);
    float2 c = select(b.hi, b.lo, b.lo > b.hi);
    return c.x > c.y ? c.x : c.y;
}

#endif

FUNCTION real keep(real x, int count) { return keep_or(x, count, 0.0f); }

FUNCTION real larger(real a, real b) { return SELECT(b > a, b, a); }

// Knuth's TwoSum: sum + x in sum, and what the rounding lost is added to error.
FUNCTION void add_exactly(real x, real* sum, real* error)
{
    real t = *sum + x;
    real z = t - *sum;
    *error += (*sum - (t - z)) + (x - z);
    *sum = t;
}

FUNCTION void add_exactly_one(float x, float* sum, float* error)
{
    float t = *sum + x;
    float z = t - *sum;
    *error += (*sum - (t - z)) + (x - z);
    *sum = t;
}
