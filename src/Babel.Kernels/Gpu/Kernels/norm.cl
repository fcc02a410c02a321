// Norms: one group a row. Sums are kept in two parts with the exact error of every addition and square (Ogita, Rump and Oishi 2005, SIAM J.
// Sci. Comput. 26(6), Sum2 and Dot2), so a row's factor is right to an ulp whatever its length.

#define NORM_LAYER 1

// The sum of both parts over lanes and items of a group, in a fixed tree; every item gets it.
FUNCTION float total_of_group(real sum, real error, LOCAL float* sums, LOCAL float* errors, float* low)
{
    float high = 0.0f, lost = 0.0f;
    for (int l = 0; l < LANES; l++)
    {
        add_exactly_one(lane(sum, l), &high, &lost);
        lost += lane(error, l);
    }

    int item = ITEM;
    sums[item] = high;
    errors[item] = lost;
    BARRIER();
    for (int other = ROW_LOCAL / 2; other > 0; other /= 2)
    {
        if (item < other)
        {
            float a = sums[item], b = errors[item] + errors[item + other];
            add_exactly_one(sums[item + other], &a, &b);
            sums[item] = a;
            errors[item] = b;
        }

        BARRIER();
    }

    high = sums[0];
    *low = errors[0];
    BARRIER();
    return high;
}

// y = (x - mean) / sqrt(mean of squares + eps) * w + b, the mean 0 for the RMS norm; y may be x.
KERNEL_OF(ROW_LOCAL, 1) void norm(
    int kind, GLOBAL const float* x, long x_at, GLOBAL const float* w, long w_at, GLOBAL const float* b, long b_at, int has_bias,
    GLOBAL float* y, long y_at, int columns, float epsilon)
{
    LOCAL_ARRAY(float, sums, ROW_LOCAL);
    LOCAL_ARRAY(float, errors, ROW_LOCAL);
    long row = GROUP(0) * columns;
    GLOBAL const float* from = x + x_at + row;
    float low = 0.0f, high = 0.0f, factor = 0.0f;

    // First the mean, where there is one, then the squares of what is left.
    for (int pass = kind == NORM_LAYER ? 0 : 1; pass < 2; pass++)
    {
        real sum = SPLAT(0.0f), error = SPLAT(0.0f);
        for (int c = ITEM * LANES; c < columns; c += ROW_LOCAL * LANES)
        {
            real value = load_some(from + c, columns - c);
            if (pass == 1)
            {
                real d = keep((value - SPLAT(high)) - SPLAT(low), columns - c);
                value = d * d;
                error += FMA(d, d, SPLAT(0.0f) - value);
            }

            add_exactly(value, &sum, &error);
        }

        float rest, total = total_of_group(sum, error, sums, errors, &rest);
        if (pass == 0)
        {
            // The mean in two parts as well: total / n and what that division left over.
            high = (total + rest) / (float)columns;
            low = (lane(FMA(SPLAT(-high), SPLAT((float)columns), SPLAT(total)), 0) + rest) / (float)columns;
        }
        else
        {
            factor = 1.0f / SQRT((total + rest) / (float)columns + epsilon);
        }
    }

    for (int c = ITEM * LANES; c < columns; c += ROW_LOCAL * LANES)
    {
        int some = columns - c;
        real normal = ((load_some(from + c, some) - SPLAT(high)) - SPLAT(low)) * SPLAT(factor), weight = load_some(w + w_at + c, some);
        store_some(has_bias ? FMA(normal, weight, load_some(b + b_at + c, some)) : normal * weight, y + y_at + row + c, some);
    }
}
