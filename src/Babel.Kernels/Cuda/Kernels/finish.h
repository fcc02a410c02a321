// What happens to a product before it is stored, the same for every product kernel: the accumulators go through a tile in shared memory, so that
// neighbouring threads store neighbouring columns, and the steps of an epilogue are written once.
#pragma once
#include "shared.h"

// The steps, each optional: bias, pre tap, activation, gate, scale, post tap, residual (Epilogue), or those of a gated product (GatedEpilogue).
struct finish_steps
{
    float* y;
    const float* bias;
    float* pre;
    const float* up_bias;
    float* up_pre;
    const float* gate;
    const float* scale;
    float* post;
    const float* residual;
    int activation;
    float parameter;
    int rows, columns;
};

// What a kernel takes for them, after its operands: every tensor is a buffer and where it begins.
#define FINISH_PARAMETERS                                                                                                          \
    float *y, long y_at, const float *bias, long bias_at, float *pre, long pre_at, const float *up_bias, long up_bias_at,          \
    float *up_pre, long up_pre_at, const float *gate, long gate_at, const float *scale, long scale_at, float *post, long post_at,  \
    const float *residual, long residual_at, int activation, float parameter, int rows, int columns, int inner

#define FINISH_STEPS                                                                                                               \
    finish_steps                                                                                                                   \
    {                                                                                                                              \
        start_of(y, y_at), start_of(bias, bias_at), start_of(pre, pre_at), start_of(up_bias, up_bias_at), start_of(up_pre, up_pre_at), \
        start_of(gate, gate_at), start_of(scale, scale_at), start_of(post, post_at), start_of(residual, residual_at), activation,  \
        parameter, rows, columns                                                                                                   \
    }

// WIDTH neighbouring elements at a time: one, or four where everything is aligned for that.
template <int WIDTH>
FUNCTION void take(float (&to)[WIDTH], const float* from)
{
    if constexpr (WIDTH == 4)
    {
        float4 four = *(const float4*)from;
        UNROLL for (int i = 0; i < 4; i++) to[i] = four[i];
    }
    else
    {
        to[0] = *from;
    }
}

template <int WIDTH>
FUNCTION void put(float* to, const float (&from)[WIDTH])
{
    if constexpr (WIDTH == 4) *(float4*)to = float4{from[0], from[1], from[2], from[3]};
    else *to = from[0];
}

// One after the other: the activations are too long to be written down for every element.
template <int WIDTH>
FUNCTION void activate_some(float (&value)[WIDTH], int activation, float parameter)
{
    ROLLED for (int k = 0; k < WIDTH; k++)
    {
        float one = value[0];
        UNROLL for (int i = 1; i < WIDTH; i++) one = i == k ? value[i] : one;
        one = v_activate(one, activation, parameter);
        UNROLL for (int i = 0; i < WIDTH; i++) value[i] = i == k ? one : value[i];
    }
}

#define FINISH_EACH UNROLL for (int i = 0; i < WIDTH; i++)

// Elements `at` and on of the result, from column n on.
template <int WIDTH, bool GATED>
FUNCTION void finish_some(const finish_steps& steps, float (&value)[WIDTH], float (&up)[WIDTH], long at, int n)
{
    float other[WIDTH];
    if (steps.bias)
    {
        take(other, steps.bias + n);
        FINISH_EACH value[i] += other[i];
    }

    if (steps.pre) put(steps.pre + at, value);
    if (steps.activation) activate_some(value, steps.activation, steps.parameter);
    if (GATED)
    {
        if (steps.up_bias)
        {
            take(other, steps.up_bias + n);
            FINISH_EACH up[i] += other[i];
        }

        if (steps.up_pre) put(steps.up_pre + at, up);
        FINISH_EACH value[i] *= up[i];
    }

    if (steps.gate)
    {
        take(other, steps.gate + at);
        FINISH_EACH value[i] *= other[i];
    }

    if (steps.scale)
    {
        // Off means +0 even where the value was infinite or not a number.
        take(other, steps.scale + n);
        FINISH_EACH value[i] = other[i] == 0.0f ? 0.0f : value[i] * other[i];
    }

    if (steps.post) put(steps.post + at, value);
    if (steps.residual)
    {
        take(other, steps.residual + at);
        FINISH_EACH value[i] += other[i];
    }

    put(steps.y + at, value);
}

template <int WIDTH, int TILE_ROWS, int COLUMNS, int THREADS, bool GATED>
FUNCTION void finish_by(const finish_steps& steps, const float* tile, int pitch, int row, int column, int item)
{
    for (int i = item; i < TILE_ROWS * (COLUMNS / WIDTH); i += THREADS)
    {
        int r = i / (COLUMNS / WIDTH), c = i % (COLUMNS / WIDTH) * WIDTH, n = column + c;
        if (row + r >= steps.rows || n >= steps.columns) continue;
        float value[WIDTH], up[WIDTH];
        take(value, tile + r * pitch + c);
        if (GATED) take(up, tile + r * pitch + COLUMNS + c);
        finish_some<WIDTH, GATED>(steps, value, up, (long)(row + r) * steps.columns + n, n);
    }
}

// Stores TILE_ROWS rows of a tile whose first element is (row, column) of the result, by THREADS threads of which this is number `item`. A gated tile
// holds COLUMNS columns of the gate, then as many of the other product.
template <int TILE_ROWS, int COLUMNS, int THREADS, bool GATED>
FUNCTION void finish_tile(const finish_steps& steps, const float* tile, int pitch, int row, int column, int item)
{
    // A step that is left out is at address 0.
    ulong all = (ulong)steps.y | (ulong)steps.bias | (ulong)steps.pre | (ulong)steps.up_bias | (ulong)steps.up_pre | (ulong)steps.gate | (ulong)steps.scale
        | (ulong)steps.post | (ulong)steps.residual;
    if (COLUMNS % 4 == 0 && steps.columns % 4 == 0 && all % 16 == 0) finish_by<4, TILE_ROWS, COLUMNS, THREADS, GATED>(steps, tile, pitch, row, column, item);
    else finish_by<1, TILE_ROWS, COLUMNS, THREADS, GATED>(steps, tile, pitch, row, column, item);
}
